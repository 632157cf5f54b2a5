// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.host.ClusterView;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SilentBrokersTest {
    private final ManualTime time = new ManualTime();
    private final ControllerSilence controllers = new ControllerSilence(this::cluster, time);
    private final SilentBrokers silent =
            new SilentBrokers(this::cluster, controllers, new BrokerReports(new FakeStateBroker(), time), time);
    private boolean controllersAreThere = true;
    private long controllersLeftMs;

    private ClusterView cluster() {
        return new TwoBrokers(controllersAreThere ? time.milliseconds() : controllersLeftMs);
    }

    private void lookFor(long ms) {
        for (long end = time.milliseconds() + ms; time.milliseconds() < end; ) {
            controllers.tick();
            silent.tick();
            time.sleep(100);
        }
    }

    @Test
    void whoDoesNotReportIsNamedAfterAWhile() {
        lookFor(BrokerReports.STALE_MS - 100);
        assertThat(silent.ids()).isEmpty();

        lookFor(300);
        assertThat(silent.ids()).containsExactly(1, 2);
    }

    /** Found by the chaos tests: a controller that is away does not say that brokers have died. */
    @Test
    void nobodyIsNamedWhileControllersAreAwayAndForAWhileAfter() {
        lookFor(1_000);
        controllersAreThere = false;
        controllersLeftMs = time.milliseconds();
        lookFor(30_000);
        assertThat(silent.ids()).isEmpty();
        assertThat(controllers.isSilent()).isTrue();

        controllersAreThere = true;
        lookFor(BrokerReports.STALE_MS - 100);
        assertThat(silent.ids()).isEmpty();
        assertThat(controllers.isSilent()).isFalse();
        lookFor(300);
        assertThat(silent.ids()).containsExactly(1, 2);
    }

    /**
     * Found by the chaos tests: without controllers a coordinator waited for replicas that had died, and when controllers
     * were back took for silent whom it had not been able to hear.
     */
    @Test
    void nobodyIsNamedByACoordinatorThatCouldNotLook() {
        lookFor(1_000);
        time.sleep(8_000);

        lookFor(BrokerReports.STALE_MS - 100);
        assertThat(silent.ids()).isEmpty();
        lookFor(400);
        assertThat(silent.ids()).containsExactly(1, 2);
    }

    /** It stood still for longer than controllers may be silent, and what it heard last may be older than that. */
    @Test
    void controllersAreSilentAfterAPauseUntilThereIsNews() {
        lookFor(1_000);
        time.sleep(70_000);
        controllers.tick();
        assertThat(controllers.isSilent()).isTrue();

        time.sleep(100);
        controllers.tick();
        assertThat(controllers.isSilent()).isFalse();
    }

    @Test
    void controllersThatNeverSayThatTheyAreThereDoNotHideAnybodyForEver() {
        controllersAreThere = false;
        lookFor(60_000);
        assertThat(silent.ids()).isEmpty();

        lookFor(10_000);
        assertThat(silent.ids()).containsExactly(1, 2);
    }

    private record TwoBrokers(long knownUntilMs) implements ClusterView {
        @Override
        public int registeredBrokers() {
            return liveBrokers().size();
        }

        @Override
        public Set<Integer> liveBrokers() {
            return Set.of(1, 2);
        }

        @Override
        public Set<String> topics() {
            return Set.of();
        }

        @Override
        public Optional<TopicView> topic(String name) {
            return Optional.empty();
        }

        @Override
        public Map<String, String> topicConfigs(String name) {
            return Map.of();
        }
    }
}

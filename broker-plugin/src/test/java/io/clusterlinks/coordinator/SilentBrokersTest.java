// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.host.ClusterView;
import io.clusterlinks.state.BrokerReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SilentBrokersTest {
    private final ManualTime time = new ManualTime();
    private final ControllerSilence controllers = new ControllerSilence(this::cluster, time);
    private final BrokerReports reports = new BrokerReports(new FakeStateBroker(), time);
    private final SilentBrokers silent = new SilentBrokers(this::cluster, controllers, reports, time);
    private Set<Integer> live = Set.of(1, 2);
    private boolean controllersAreThere = true;
    private long controllersLeftMs;

    private ClusterView cluster() {
        return new Brokers(live, controllersAreThere ? time.milliseconds() : controllersLeftMs);
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
        live = Set.of(1);
        lookFor(300);
        report(1);
        live = Set.of(1, 2);
        lookFor(BrokerReports.STALE_MS - 100);
        assertThat(silent.ids()).isEmpty();

        lookFor(300);
        assertThat(silent.ids()).containsExactly(2);
    }

    /** Found by the chaos tests: a broker that was killed with the coordinator had its session for longer than five seconds. */
    @Test
    void whoWasThereBeforeTheCoordinatorIsGivenLonger() {
        lookFor(SilentBrokers.LOST_MS - 100);
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
        lookFor(SilentBrokers.LOST_MS - 100);
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

        lookFor(SilentBrokers.LOST_MS - 100);
        assertThat(silent.ids()).isEmpty();
        lookFor(400);
        assertThat(silent.ids()).containsExactly(1, 2);
    }

    /** It would be said of all that they run the plugin, only since the coordinator could not look for a while. */
    @Test
    void whoWasNamedIsUntilItReports() {
        lookFor(SilentBrokers.LOST_MS + 1_000);
        assertThat(silent.ids()).containsExactly(1, 2);
        time.sleep(8_000);

        lookFor(1_000);
        assertThat(silent.ids()).containsExactly(1, 2);
        report(1);
        lookFor(300);
        assertThat(silent.ids()).containsExactly(2);
    }

    /** Found by the chaos tests: nobody reached the coordinator for five seconds, and it said that the others had no plugin. */
    @Test
    void whoHasReportedIsGivenLonger() {
        lookFor(1_000);
        report(1);
        report(2);
        lookFor(SilentBrokers.LOST_MS - 100);
        assertThat(silent.ids()).isEmpty();

        report(2);
        lookFor(300);
        assertThat(silent.ids()).containsExactly(1);
    }

    @Test
    void whoHasReportedBeforeItWasAwayIsNot() {
        lookFor(1_000);
        report(1);
        report(2);
        lookFor(100);
        live = Set.of(2);
        lookFor(100);
        live = Set.of(1, 2);

        lookFor(BrokerReports.STALE_MS + 100);
        assertThat(silent.ids()).containsExactly(1);
    }

    private void report(int broker) {
        reports.onReport(new BrokerReport(broker, "v", "k", 7, List.of(), List.of()));
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

        lookFor(SilentBrokers.LOST_MS + 1_000);
        assertThat(silent.ids()).containsExactly(1, 2);
    }

    private record Brokers(Set<Integer> liveBrokers, long knownUntilMs) implements ClusterView {
        @Override
        public int registeredBrokers() {
            return liveBrokers().size();
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

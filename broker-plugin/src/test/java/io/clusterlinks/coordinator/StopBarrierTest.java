// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.OffsetSync.LastRead;
import io.clusterlinks.sync.OffsetSync.LastSync;
import io.clusterlinks.sync.SyncContext;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StopBarrierTest {
    private static final LastSync DONE = new LastSync("done", true);
    private static final LastSync OPEN = new LastSync("a group's coordinator is loading", false);

    private final ManualTime time = new ManualTime();
    private final Map<String, String> configs = new HashMap<>(Map.of(
            "bootstrap.servers",
            "localhost:1",
            LinkConfig.OFFSET_SYNC_ENABLE,
            "true",
            LinkConfig.GROUP_FILTERS,
            "{\"groupFilters\":[{\"name\":\"*\",\"patternType\":\"LITERAL\",\"filterType\":\"INCLUDE\"}]}"));
    private MirrorRecord mirror = Records.mirror(MirrorState.PENDING_STOPPED, StopMode.PROMOTE);
    /** What the next runs come to; the last one again and again. */
    private final Deque<LastSync> outcomes = new ArrayDeque<>();

    private final List<LastRead> reads = new ArrayList<>();
    private boolean fails;
    private long takesMs;
    private final StopBarrier barrier = barrier(this::finish);

    private StopBarrier barrier(StopBarrier.LastTask... tasks) {
        return new StopBarrier(
                List.of(tasks),
                new SourceAdmins(sources(), link -> LinkConfig.parse(link.configs()), Runnable::run),
                link -> LinkConfig.parse(link.configs()),
                Runnable::run,
                time);
    }

    private Map<String, LastSync> finish(SyncContext context, Set<String> topics, Optional<LastRead> read) {
        if (fails) {
            throw LinkException.unavailable("no broker answers");
        }
        reads.add(read.orElse(null));
        time.sleep(takesMs);
        LastSync outcome = outcomes.size() > 1 ? outcomes.poll() : outcomes.peek();
        Map<String, LastSync> all = new HashMap<>();
        topics.forEach(topic -> all.put(topic, outcome));
        return all;
    }

    @Test
    void opensWithTheFirstCompleteSync() {
        outcomes.add(DONE);
        assertThat(tick()).isEmpty();
        assertThat(tick()).contains("done");
        assertThat(reads).hasSize(1);
    }

    /** Groups that stood still for good would have their last seconds delivered once more. */
    @Test
    void triesAgainWhatIsExpectedToPass() {
        outcomes.addAll(List.of(OPEN, OPEN, DONE));
        for (int ms = 0; ms <= 1_000; ms += 100) {
            assertThat(tick()).isEmpty();
            time.sleep(100);
        }
        assertThat(tick()).contains("done");
        assertThat(reads).extracting(LastRead::settled).containsExactly(true, false, false);
    }

    /** Its groups are waited for as those of the first one: open transactions, and coordinators that move. */
    @Test
    void aMirrorThatJoinsWhileAnotherWaitsGetsASettledReadToo() {
        MirrorRecord second = Records.mirror("second", "source-id", MirrorState.PENDING_STOPPED, StopMode.PROMOTE);
        outcomes.add(OPEN);
        tick();
        tick();

        LinkImage image = Records.image(link(), mirror, second);
        barrier.result(image, second);
        barrier.tick(image);

        assertThat(reads).extracting(LastRead::settled).containsExactly(true, true);
    }

    /** Each waits for its groups for six seconds at most, and the runs that it begins in the midst of are shared. */
    @Test
    void bothKindsOfGroupsShareTheTimeOfARun() {
        outcomes.add(OPEN);
        takesMs = 2_400;
        StopBarrier both = barrier(this::finish, this::finish);
        LinkImage image = Records.image(link(), mirror);
        both.result(image, mirror);
        both.tick(image);
        assertThat(reads)
                .extracting(LastRead::timeout)
                .containsExactly(Duration.ofMillis(2_500), Duration.ofMillis(500));
    }

    @Test
    void onlyAPromotionNeedsTheSource() {
        outcomes.add(OPEN);
        tick();
        mirror = Records.mirror(MirrorState.PENDING_STOPPED, StopMode.FAILOVER);
        time.sleep(1_000);
        tick();
        assertThat(reads).extracting(LastRead::needed).containsExactly(true, false);
    }

    @Test
    void saysWhatItHasComeToWhenItsTimeIsOver() {
        outcomes.add(OPEN);
        tick();
        time.sleep(StopBarrier.TIMEOUT_MS);
        assertThat(tick()).contains(OPEN.summary());
    }

    @Test
    void saysThatNothingIsKnownWhenEveryRunHasFailed() {
        fails = true;
        tick();
        time.sleep(StopBarrier.TIMEOUT_MS);
        assertThat(tick().orElseThrow()).contains("not brought up to date");
    }

    /** The value is whatever the config's type takes for true. */
    @Test
    void readsTheSwitchAsTheSyncItselfDoes() {
        configs.put(LinkConfig.OFFSET_SYNC_ENABLE, "true ");
        outcomes.add(DONE);
        tick();
        assertThat(tick()).contains("done");

        barrier.reset();
        reads.clear();
        configs.put(LinkConfig.OFFSET_SYNC_ENABLE, "false");
        tick();
        assertThat(tick()).contains("");
        assertThat(reads).isEmpty();
    }

    /** One look of the reconciler. */
    private Optional<String> tick() {
        LinkImage image = Records.image(link(), mirror);
        Optional<String> result = barrier.result(image, mirror);
        barrier.tick(image);
        return result;
    }

    private LinkRecord link() {
        return new LinkRecord(1, Records.LINK, "source-cluster", Map.copyOf(configs), false, 1);
    }

    private static SourceClients sources() {
        SourceAdmin admin = (SourceAdmin) Proxy.newProxyInstance(
                SourceAdmin.class.getClassLoader(),
                new Class<?>[] {SourceAdmin.class},
                (proxy, method, arguments) -> null);
        return (SourceClients) Proxy.newProxyInstance(
                SourceClients.class.getClassLoader(),
                new Class<?>[] {SourceClients.class},
                (proxy, method, arguments) -> admin);
    }
}

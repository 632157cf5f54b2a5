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
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final MirrorRecord mirror = Records.mirror(MirrorState.PENDING_STOPPED, StopMode.PROMOTE);
    /** What the next runs come to; the last one again and again. */
    private final Deque<LastSync> outcomes = new ArrayDeque<>();

    private final List<LastRead> reads = new ArrayList<>();
    private boolean fails;
    private final StopBarrier barrier = new StopBarrier(
            List.of((context, topics, read) -> {
                if (fails) {
                    throw LinkException.unavailable("no broker answers");
                }
                reads.add(read.orElse(null));
                LastSync outcome = outcomes.size() > 1 ? outcomes.poll() : outcomes.peek();
                Map<String, LastSync> all = new HashMap<>();
                topics.forEach(topic -> all.put(topic, outcome));
                return all;
            }),
            new SourceAdmins(sources(), link -> LinkConfig.parse(link.configs()), Runnable::run),
            link -> LinkConfig.parse(link.configs()),
            Runnable::run,
            time);

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
        LinkRecord link = new LinkRecord(1, Records.LINK, "source-cluster", Map.copyOf(configs), false, 1);
        LinkImage image = Records.image(link, mirror);
        Optional<String> result = barrier.result(image, mirror);
        barrier.tick(image);
        return result;
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

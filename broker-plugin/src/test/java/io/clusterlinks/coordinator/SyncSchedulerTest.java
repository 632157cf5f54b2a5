// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.TaskState;
import io.clusterlinks.protocol.TaskStatus;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.source.SourceFetchClient;
import io.clusterlinks.source.SourceQueryClient;
import io.clusterlinks.state.LinkConfigResolver;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.SyncContext;
import io.clusterlinks.sync.SyncTask;
import io.clusterlinks.sync.TaskOutcome;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import org.apache.kafka.common.Node;
import org.junit.jupiter.api.Test;

class SyncSchedulerTest {
    private static final LinkConfigResolver PLAIN = link -> LinkConfig.parse(link.configs());
    private static final TaskOutcome NOTHING = new TaskOutcome(0, 0, 0, List.of());
    private static final TaskOutcome INCOMPLETE = new TaskOutcome(0, 0, 0, List.of(), null, false);

    private final ManualTime time = new ManualTime();
    private final List<Runnable> queue = new ArrayList<>();
    private boolean controllersAreSilent;

    @Test
    void runsATaskAgainWhenItsIntervalIsOver() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        SyncScheduler scheduler = scheduler(task);

        tickAndRun(scheduler, link("east", Map.of()));
        time.sleep(999);
        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(task.ran).containsExactly("east");

        time.sleep(1);
        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(task.ran).containsExactly("east", "east");
    }

    /** Groups, configs and ACLs would stand still for as long. */
    @Test
    void aClockThatIsSetBackHoldsUpNothing() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        SyncScheduler scheduler = scheduler(task);
        tickAndRun(scheduler, link("east", Map.of()));

        time.sleep(-600_000);
        tickAndRun(scheduler, link("east", Map.of()));
        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(task.ran).hasSize(2);

        time.sleep(1_000);
        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(task.ran).hasSize(3);
    }

    @Test
    void aRunThatHangsHoldsUpNeitherOtherTasksNorOtherLinks() {
        // Given a link with a run that hangs: it was started and does not end
        FakeTask slow = new FakeTask("a-slow", context -> NOTHING);
        FakeTask other = new FakeTask("other", context -> NOTHING);
        SyncScheduler scheduler = scheduler(slow, other);
        LinkRecord[] links = {link("east", Map.of()), link("west", Map.of())};
        scheduler.tick(Records.image(links[0]));
        queue.remove(0);
        runQueue();

        // When time goes on
        time.sleep(5_000);
        tickAndRun(scheduler, links);

        // Then everything else has run, and the hanging run is shown
        assertThat(slow.ran).containsExactly("west");
        assertThat(other.ran).containsExactlyInAnyOrder("east", "east", "west");
        assertThat(status(scheduler, "east", "a-slow").runningSinceMs()).isEqualTo(time.milliseconds() - 5_000);
    }

    /** Another broker may coordinate, and what was committed to a group here would overwrite what it committed. */
    @Test
    void runsNothingWhileControllersAreSilent() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        SyncScheduler scheduler = scheduler(task);
        tickAndRun(scheduler, link("east", Map.of()));

        controllersAreSilent = true;
        time.sleep(10_000);
        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(task.ran).hasSize(1);

        controllersAreSilent = false;
        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(task.ran).hasSize(2);
    }

    @Test
    void showsWhyARunFailedAndTriesAgain() {
        FakeTask task = new FakeTask("a", context -> {
            throw LinkException.unavailable("no source");
        });
        SyncScheduler scheduler = scheduler(task);

        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(status(scheduler, "east", "a").state()).isEqualTo(TaskState.FAILED);
        assertThat(status(scheduler, "east", "a").error()).isEqualTo("no source");

        time.sleep(1_000);
        tickAndRun(scheduler, link("east", Map.of()));
        assertThat(task.ran).hasSize(2);
    }

    @Test
    void showsItemsInTrouble() {
        TaskItem item = new TaskItem("orders", "CONFLICT", "exists");
        SyncScheduler scheduler = scheduler(new FakeTask("a", context -> new TaskOutcome(3, 1, 1, List.of(item))));

        tickAndRun(scheduler, link("east", Map.of()));

        assertThat(status(scheduler, "east", "a").state()).isEqualTo(TaskState.ATTENTION);
        assertThat(status(scheduler, "east", "a").troubles()).containsExactly(item);
    }

    @Test
    void doesNotRunWhileTheLinkIsPausedAndGoesOnAtOnceWhenItIsResumed() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        SyncScheduler scheduler = scheduler(task);

        tickAndRun(scheduler, link("east", Map.of("cluster.link.paused", "true")));
        assertThat(task.ran).isEmpty();
        assertThat(status(scheduler, "east", "a").state()).isEqualTo(TaskState.PAUSED);

        tickAndRun(scheduler, link("east", Map.of("cluster.link.paused", "false")));
        assertThat(task.ran).containsExactly("east");
    }

    /** What was changed at the source right before a promotion would never come. */
    @Test
    void aPromotionWaitsForARunThatBeganAfterIt() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        task.precedesPromotions = true;
        SyncScheduler scheduler = scheduler(task);
        LinkRecord link = link(Records.LINK, Map.of());
        tickAndRun(scheduler, link);
        MirrorRecord first = draining(7);
        assertThat(scheduler.isDoneFor(first)).isFalse();

        // Long before the next run is due; a second promotion begins while the run for the first is under way
        scheduler.tick(Records.image(link, first));
        MirrorRecord second = draining(8);
        scheduler.tick(Records.image(link, second));
        runQueue();
        assertThat(scheduler.isDoneFor(first)).isTrue();
        assertThat(scheduler.isDoneFor(second)).isFalse();

        scheduler.tick(Records.image(link, second));
        runQueue();
        assertThat(scheduler.isDoneFor(second)).isTrue();
        assertThat(task.ran).hasSize(3);
    }

    /** The controller did not answer for one topic, and what that topic was to have was lost by its promotion. */
    @Test
    void aPromotionWaitsForARunThatIsComplete() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        task.run = context -> task.ran.size() < 3 ? INCOMPLETE : NOTHING;
        task.precedesPromotions = true;
        task.intervalMs = 600_000;
        assertThatAPromotionWaits(scheduler(task), 2);
        assertThat(task.ran).hasSize(3);
    }

    @Test
    void aPromotionDoesNotWaitForEverForARunThatFails() {
        aPromotionDoesNotWaitForEverFor(context -> {
            throw LinkException.unavailable("no source");
        });
    }

    @Test
    void aPromotionDoesNotWaitForEverForARunThatIsNotComplete() {
        aPromotionDoesNotWaitForEverFor(context -> INCOMPLETE);
    }

    private void aPromotionDoesNotWaitForEverFor(Function<SyncContext, TaskOutcome> run) {
        FakeTask task = new FakeTask("a", run);
        task.precedesPromotions = true;
        assertThatAPromotionWaits(scheduler(task), 10);
    }

    /** For so many runs, a second apart. */
    private void assertThatAPromotionWaits(SyncScheduler scheduler, int runs) {
        LinkImage image = Records.image(link(Records.LINK, Map.of()), draining(7));
        for (int i = 0; i < runs; i++) {
            scheduler.tick(image);
            runQueue();
            assertThat(scheduler.isDoneFor(draining(7))).isFalse();
            time.sleep(1_000);
        }
        scheduler.tick(image);
        runQueue();
        assertThat(scheduler.isDoneFor(draining(7))).isTrue();
    }

    /** A run of a paused link is none: the first one after it, which may fail, is not the last one that is waited for. */
    @Test
    void aPromotionOverAPausedLinkHasItsTimeWhenTheLinkIsResumed() {
        FakeTask task = new FakeTask("a", context -> {
            throw LinkException.unavailable("no source");
        });
        task.precedesPromotions = true;
        SyncScheduler scheduler = scheduler(task);
        LinkRecord paused = link(Records.LINK, Map.of("cluster.link.paused", "true"));
        scheduler.tick(Records.image(paused, draining(7)));
        runQueue();
        time.sleep(TaskSlot.MAX_AWAITED_MS);

        scheduler.tick(Records.image(link(Records.LINK, Map.of()), draining(7)));
        runQueue();

        assertThat(scheduler.isDoneFor(draining(7))).isFalse();
    }

    @Test
    void oneThatBeginsLaterHasNobodyWaitLonger() {
        FakeTask task = new FakeTask("a", context -> INCOMPLETE);
        task.precedesPromotions = true;
        SyncScheduler scheduler = scheduler(task);
        for (int i = 0; i <= 10; i++) {
            scheduler.tick(Records.image(link(Records.LINK, Map.of()), draining(7 + i)));
            runQueue();
            time.sleep(1_000);
        }
        assertThat(scheduler.isDoneFor(draining(7))).isTrue();
    }

    /** What is known of its groups counts when its mirrors stop, and a source that is dead cannot be asked again. */
    @Test
    void aLinkThatIsBeingDeletedForgetsNothingUntilItIsGone() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        SyncScheduler scheduler = scheduler(task);
        LinkRecord link = link("east", Map.of());
        tickAndRun(scheduler, link);

        time.sleep(10_000);
        tickAndRun(scheduler, new LinkRecord(1, link.link(), link.sourceClusterId(), link.configs(), true, 1));
        assertThat(task.ran).hasSize(1);
        assertThat(task.forgotten).isEmpty();

        scheduler.tick(Records.image());
        assertThat(task.forgotten).containsExactly("east");
    }

    private static MirrorRecord draining(long sinceMs) {
        return Records.mirror(MirrorState.ACTIVE, StopMode.NONE).withStop(StopMode.DRAIN, null, sinceMs);
    }

    @Test
    void forgetsALinkThatIsGone() {
        FakeTask task = new FakeTask("a", context -> NOTHING);
        SyncScheduler scheduler = scheduler(task);
        tickAndRun(scheduler, link("east", Map.of()));

        scheduler.tick(Records.image());

        assertThat(task.forgotten).containsExactly("east");
        assertThat(scheduler.statuses("east")).isEmpty();
    }

    private SyncScheduler scheduler(SyncTask... tasks) {
        return new SyncScheduler(
                List.of(tasks),
                new SourceAdmins(new NoSources(), PLAIN, Runnable::run),
                PLAIN,
                () -> controllersAreSilent,
                queue::add,
                time);
    }

    private void tickAndRun(SyncScheduler scheduler, LinkRecord... links) {
        scheduler.tick(Records.image(links));
        runQueue();
    }

    private void runQueue() {
        List<Runnable> runs = new ArrayList<>(queue);
        queue.clear();
        runs.forEach(Runnable::run);
    }

    private static TaskStatus status(SyncScheduler scheduler, String link, String task) {
        return scheduler.statuses(link).stream()
                .filter(status -> status.task().equals(task))
                .findFirst()
                .orElseThrow();
    }

    private static LinkRecord link(String name, Map<String, String> configs) {
        Map<String, String> all = new java.util.HashMap<>(configs);
        all.put("bootstrap.servers", "localhost:1");
        return new LinkRecord(1, name, "source-cluster", all, false, 1);
    }

    private static final class FakeTask implements SyncTask {
        private final String name;
        private Function<SyncContext, TaskOutcome> run;
        private final List<String> ran = new ArrayList<>();
        private final List<String> forgotten = new ArrayList<>();
        private boolean precedesPromotions;
        private long intervalMs = 1_000;

        FakeTask(String name, Function<SyncContext, TaskOutcome> run) {
            this.name = name;
            this.run = run;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean precedesPromotions() {
            return precedesPromotions;
        }

        @Override
        public OptionalLong intervalMs(LinkConfig config) {
            return OptionalLong.of(intervalMs);
        }

        @Override
        public TaskOutcome run(SyncContext context) {
            ran.add(context.link().link());
            return run.apply(context);
        }

        @Override
        public void forget(String link) {
            forgotten.add(link);
        }
    }

    private static final class NoSources implements SourceClients {
        @Override
        public SourceAdmin admin(String link, LinkConfig config) {
            return (SourceAdmin) Proxy.newProxyInstance(
                    SourceAdmin.class.getClassLoader(),
                    new Class<?>[] {SourceAdmin.class},
                    (proxy, method, arguments) -> method.getName().equals("reason") ? arguments[0] : null);
        }

        @Override
        public SourceQueryClient queries(LinkRecord link, LinkConfig config) {
            throw new AssertionError("not asked for");
        }

        @Override
        public SourceFetchClient fetcher(LinkRecord link, LinkConfig config, Node broker, String name) {
            throw new AssertionError("not asked for");
        }
    }
}

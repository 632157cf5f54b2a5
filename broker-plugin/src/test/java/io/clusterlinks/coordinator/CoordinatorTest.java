// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static io.clusterlinks.Records.LINK;
import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.coordinator.Command.CreateMirror;
import io.clusterlinks.coordinator.Command.PutLink;
import io.clusterlinks.coordinator.Command.RepairMirror;
import io.clusterlinks.coordinator.Command.SetMirrorState;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkSecrets;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CoordinatorTest {
    private final FakeStateBroker broker = new FakeStateBroker();

    /** A command that met a coordinator on its way down was answered with an internal error, and not tried again. */
    @Test
    void aCoordinatorThatShutsDownSendsCommandsToTheNext() {
        // Given a coordinator that has shut down, while its broker leads the state topic for a moment longer
        broker.epoch = OptionalInt.of(3);
        Coordinator coordinator = coordinator();
        coordinator.close();

        // When a command comes that needs the source
        CompletableFuture<Void> answer = coordinator.execute(
                new PutLink("east", true, Map.of("bootstrap.servers", "east:9092"), Set.of()), false);

        // Then whoever forwarded it tries again
        assertFailed(answer, Errors.NOT_COORDINATOR);
    }

    /**
     * A coordinator that stood still for seconds was deposed meanwhile, and another paused a mirror. Asked to resume it, the
     * first found it ACTIVE in its old image and said that it was done: it stayed PAUSED.
     */
    @ParameterizedTest
    @MethodSource("fulfilled")
    void aDeposedCoordinatorDoesNotTakeAWishForFulfilled(Command command) {
        // Given a coordinator that does not know that it was deposed: nobody replicates what it writes
        hasLinkAndMirror();
        try (Coordinator coordinator = coordinator()) {
            broker.replicationFails = true;

            // When an operator wants what is so already in its image
            CompletableFuture<Void> answer = coordinator.execute(command, false);

            // Then it does not say so
            assertFailed(answer, Errors.REQUEST_TIMED_OUT);
        }
    }

    @ParameterizedTest
    @MethodSource("fulfilled")
    void aWishThatIsFulfilledIsConfirmedByAWriteThatChangesNothing(Command command) {
        hasLinkAndMirror();
        LinkImage before = broker.tail();
        try (Coordinator coordinator = coordinator()) {
            coordinator.execute(command, true).join();
            assertThat(broker.appends).isZero();

            coordinator.execute(command, false).join();

            assertThat(broker.appends).isEqualTo(1);
            assertThat(broker.tail().records()).containsExactlyInAnyOrderElementsOf(before.records()::iterator);
        }
    }

    static List<Command> fulfilled() {
        return List.of(
                new SetMirrorState(LINK, TOPIC, DesiredState.ACTIVE),
                new RepairMirror(LINK, TOPIC),
                new CreateMirror(LINK, TOPIC, Optional.empty(), (short) -1, Optional.empty(), Map.of(), false),
                new PutLink(LINK, true, link().configs(), Set.of()),
                new PutLink(LINK, false, link().configs(), Set.of()));
    }

    @Test
    void aLinkThatIsThereOtherwiseIsNotWhatWasToBeCreated() {
        hasLinkAndMirror();
        Map<String, String> other = new HashMap<>(link().configs());
        other.put("bootstrap.servers", "elsewhere:9092");
        try (Coordinator coordinator = coordinator()) {
            assertThatThrownBy(() -> coordinator
                            .execute(new PutLink(LINK, true, other, Set.of()), false)
                            .join())
                    .hasMessageContaining("exists already");
        }
    }

    private static void assertFailed(CompletableFuture<Void> answer, Errors error) {
        assertThatThrownBy(answer::join).isInstanceOf(CompletionException.class).satisfies(failure -> assertThat(
                        ((LinkException) failure.getCause()).error())
                .isEqualTo(error));
    }

    private void hasLinkAndMirror() {
        broker.epoch = OptionalInt.of(3);
        broker.put(link());
        broker.put(mirror(MirrorState.ACTIVE, StopMode.NONE));
    }

    /** One that has read the state and does coordinate. */
    private Coordinator coordinator() {
        Coordinator coordinator = new Coordinator(
                broker,
                () -> Optional.of(broker.tail()),
                noSources(),
                new LinkSecrets(Optional.empty(), "cluster"),
                new TopicCreator(broker),
                Time.SYSTEM);
        coordinator.claim(List.of()).join();
        return coordinator;
    }

    private static SourceClients noSources() {
        return (SourceClients) Proxy.newProxyInstance(
                SourceClients.class.getClassLoader(),
                new Class<?>[] {SourceClients.class},
                (proxy, method, arguments) -> {
                    throw new AssertionError("not asked for");
                });
    }
}

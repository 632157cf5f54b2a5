// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.coordinator.Command.PutLink;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkSecrets;
import java.lang.reflect.Proxy;
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

class CoordinatorTest {
    private final FakeStateBroker broker = new FakeStateBroker();

    /** A command that met a coordinator on its way down was answered with an internal error, and not tried again. */
    @Test
    void aCoordinatorThatShutsDownSendsCommandsToTheNext() {
        // Given a coordinator that has shut down, while its broker leads the state topic for a moment longer
        broker.epoch = OptionalInt.of(3);
        Coordinator coordinator = new Coordinator(
                broker,
                () -> Optional.of(LinkImage.EMPTY),
                noSources(),
                new LinkSecrets(Optional.empty(), "cluster"),
                new TopicCreator(broker),
                Time.SYSTEM);
        coordinator.claim(List.of()).join();
        coordinator.close();

        // When a command comes that needs the source
        CompletableFuture<Void> answer = coordinator.execute(
                new PutLink("east", true, Map.of("bootstrap.servers", "east:9092"), Set.of()), false);

        // Then whoever forwarded it tries again
        assertThat(answer).isCompletedExceptionally();
        assertThatThrownBy(answer::join).isInstanceOf(CompletionException.class).satisfies(failure -> assertThat(
                        ((LinkException) failure.getCause()).error())
                .isEqualTo(Errors.NOT_COORDINATOR));
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

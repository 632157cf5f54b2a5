// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.RequestChannel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;

/** A broker with one partition and a controller to ask; what {@link LeaderMove} needs. */
final class ControlledBroker extends BareBroker {
    private final LeaderMoveTest.Controller answers;
    private final PartitionView view;
    private final Set<Integer> liveBrokers;

    ControlledBroker(LeaderMoveTest.Controller answers, PartitionView view, Set<Integer> liveBrokers) {
        this.answers = answers;
        this.view = view;
        this.liveBrokers = liveBrokers;
    }

    @Override
    public Set<Integer> liveBrokers() {
        return liveBrokers;
    }

    @Override
    public Optional<TopicView> topic(String name) {
        return Optional.of(new TopicView(Uuid.ONE_UUID, name, List.of(view)));
    }

    @Override
    public RequestChannel controller() {
        return request -> CompletableFuture.completedFuture(answers.answer(request.build()));
    }
}

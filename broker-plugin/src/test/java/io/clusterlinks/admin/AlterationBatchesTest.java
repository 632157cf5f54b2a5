// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.junit.jupiter.api.Test;

class AlterationBatchesTest {
    private static final int LEADER = 2;

    private final List<Sent> requests = new ArrayList<>();
    private final BrokerChannel channel = this::take;
    private final AlterationBatches batches = new AlterationBatches(channel, 60_000);

    private record Sent(int broker, List<String> values, CompletableFuture<AbstractResponse> answer) {}

    private CompletableFuture<AbstractResponse> take(
            int broker, AbstractRequest.Builder<? extends AbstractRequest> request) {
        List<String> values = new ArrayList<>();
        ((IncrementalAlterConfigsRequest) request.build())
                .data()
                .resources()
                .forEach(resource -> resource.configs().stream()
                        .filter(config -> config.name().equals("proposal"))
                        .forEach(config -> values.add(config.value())));
        requests.add(new Sent(broker, values, new CompletableFuture<>()));
        return requests.get(requests.size() - 1).answer();
    }

    private CompletableFuture<Void> send(AlterationBatches to, int broker, String value) {
        Op op = new Op("proposal", OpType.SET, value);
        return to.send(broker, new Alteration(new LinkResource.Index(), List.of(op)), "broker 1", false);
    }

    private CompletableFuture<Void> send(String value) {
        return send(batches, LEADER, value);
    }

    private void answer(int request, Errors... errors) {
        IncrementalAlterConfigsResponseData data = new IncrementalAlterConfigsResponseData();
        for (Errors error : errors) {
            data.responses().add(new AlterConfigsResourceResponse().setErrorCode(error.code()));
        }
        requests.get(request).answer().complete(new IncrementalAlterConfigsResponse(data));
    }

    @Test
    void whatComesWhileARequestIsUnderWayGoesTogetherInTheNext() {
        send("a");
        send("b");
        send("c");
        assertThat(requests).extracting(Sent::values).containsExactly(List.of("a"));

        answer(0, Errors.NONE);
        send("d");

        assertThat(requests).extracting(Sent::values).containsExactly(List.of("a"), List.of("b", "c"));
        answer(1, Errors.NONE, Errors.NONE);
        assertThat(requests.get(2).values()).containsExactly("d");
    }

    @Test
    void eachIsAnsweredForItself() {
        send("a");
        CompletableFuture<Void> written = send("b");
        CompletableFuture<Void> refused = send("c");
        answer(0, Errors.NONE);

        answer(1, Errors.NONE, Errors.FENCED_LEADER_EPOCH);

        assertThat(written).isCompleted();
        assertThat(refused)
                .failsWithin(0, TimeUnit.SECONDS)
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        LinkException.class, e -> assertThat(e.error()).isEqualTo(Errors.FENCED_LEADER_EPOCH));
    }

    @Test
    void aBrokenConnectionFailsWhatWasSentAndNotWhatWaits() {
        CompletableFuture<Void> sent = send("a");
        CompletableFuture<Void> waiting = send("b");

        requests.get(0).answer().completeExceptionally(new DisconnectException());

        assertThat(sent).isCompletedExceptionally();
        assertThat(waiting).isNotDone();
        answer(1, Errors.NONE);
        assertThat(waiting).isCompleted();
    }

    @Test
    void aRequestThatIsNotAnsweredDoesNotHoldUpTheNext() {
        AlterationBatches impatient = new AlterationBatches(channel, 1);
        CompletableFuture<Void> unanswered = send(impatient, LEADER, "a");

        assertThat(unanswered)
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(TimeoutException.class);
        send(impatient, LEADER, "b");

        assertThat(requests).extracting(Sent::values).containsExactly(List.of("a"), List.of("b"));
    }

    @Test
    void anotherBrokerIsAskedMeanwhile() {
        send("a");
        send(batches, LEADER + 1, "b");

        assertThat(requests).extracting(Sent::broker).containsExactly(LEADER, LEADER + 1);
    }

    @Test
    void aRequestHoldsSoManyAtMost() {
        for (int i = 0; i < 1_100; i++) {
            send("value-" + i);
        }
        answer(0, Errors.NONE);

        assertThat(requests.get(1).values()).hasSize(500).startsWith("value-1");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.junit.jupiter.api.Test;

class TopicBatchesTest {
    private record Sent(CreateTopicsRequestData data, CompletableFuture<AbstractResponse> answer) {
        List<String> names() {
            return data.topics().stream().map(CreatableTopic::name).toList();
        }

        void answer(String refused) {
            CreateTopicsResponseData response = new CreateTopicsResponseData();
            names().forEach(name -> response.topics()
                    .add(new CreatableTopicResult()
                            .setName(name)
                            .setErrorCode((name.equals(refused) ? Errors.POLICY_VIOLATION : Errors.NONE).code())));
            answer.complete(new CreateTopicsResponse(response));
        }
    }

    private final List<Sent> sent = new ArrayList<>();
    private final TopicBatches batches = new TopicBatches(
            request -> {
                CreateTopicsRequestData data =
                        ((CreateTopicsRequest.Builder) request).build().data();
                sent.add(new Sent(data, new CompletableFuture<>()));
                return sent.get(sent.size() - 1).answer();
            },
            false);

    private CompletableFuture<CreatableTopicResult> add(String name, int partitions) {
        return batches.add(
                new CreatableTopic().setName(name).setNumPartitions(partitions).setReplicationFactor((short) 1));
    }

    @Test
    void whatComesWhileARequestIsUnderWayGoesTogetherInTheNext() {
        CompletableFuture<CreatableTopicResult> first = add("a", 1);
        List<CompletableFuture<CreatableTopicResult>> others =
                IntStream.range(0, 100).mapToObj(i -> add("b" + i, 1)).toList();
        assertThat(sent).hasSize(1);

        sent.get(0).answer(null);

        assertThat(first).isCompleted();
        assertThat(sent).hasSize(2);
        assertThat(sent.get(1).names()).hasSize(100);
        sent.get(1).answer("b7");
        assertThat(others).allMatch(CompletableFuture::isDone);
        assertThat(others.get(7).join().errorCode()).isEqualTo(Errors.POLICY_VIOLATION.code());
        assertThat(others.get(8).join().errorCode()).isEqualTo(Errors.NONE.code());
    }

    @Test
    void aRequestStaysBelowWhatTheControllerTakes() {
        add("a", 1);
        add("large", 5_000);
        IntStream.range(0, 100).forEach(i -> add("b" + i, 100));
        List<Integer> partitions = new ArrayList<>();
        for (int i = 0; i < sent.size(); i++) {
            partitions.add(sent.get(i).data().topics().stream()
                    .mapToInt(CreatableTopic::numPartitions)
                    .sum());
            sent.get(i).answer(null);
        }

        assertThat(partitions.get(1))
                .as("a topic that is too large for any goes alone")
                .isEqualTo(5_000);
        assertThat(partitions.subList(2, partitions.size()))
                .allMatch(count -> count <= 2_000)
                .hasSize(6);
    }

    @Test
    void aTopicThatIsNamedTwiceIsAskedForTwice() {
        add("a", 1);
        CompletableFuture<CreatableTopicResult> one = add("b", 1);
        CompletableFuture<CreatableTopicResult> two = add("b", 1);

        sent.get(0).answer(null);
        sent.get(1).answer(null);
        sent.get(2).answer("b");

        assertThat(one.join().errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(two.join().errorCode()).isEqualTo(Errors.POLICY_VIOLATION.code());
    }

    @Test
    void aRequestThatFailsFailsItsTopicsOnly() {
        CompletableFuture<CreatableTopicResult> lost = add("a", 1);
        CompletableFuture<CreatableTopicResult> next = add("b", 1);

        sent.get(0).answer().completeExceptionally(new TimeoutException("no controller"));
        sent.get(1).answer(null);

        assertThat(lost).isCompletedExceptionally();
        assertThat(next.join().errorCode()).isEqualTo(Errors.NONE.code());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.BrokerChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.junit.jupiter.api.Test;

/** Two brokers: 1 coordinates the group "one", 2 the group "two". */
class BrokerGroupsTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    private final ManualTime time = new ManualTime();
    private final List<Integer> asked = new ArrayList<>();
    private final List<Boolean> settled = new ArrayList<>();
    /** Length of the metadata by partition, of each request. */
    private final List<Map<Integer, Integer>> commits = new ArrayList<>();

    private boolean frozen;
    private boolean hangsSettled;
    private Errors position = Errors.NONE;
    /** What broker 2 answers when it is to list its groups. */
    private Errors listing = Errors.NONE;

    private final BareBroker broker = new BareBroker() {
        @Override
        public Set<Integer> liveBrokers() {
            return Set.of(1, 2);
        }

        @Override
        public BrokerChannel groups() {
            return BrokerGroupsTest.this::answer;
        }
    };
    private final BrokerGroups groups =
            new BrokerGroups(broker, new ConsumerDialect(), time, Duration.ofMillis(20), Duration.ofMillis(20));

    @Test
    void saysWhetherEveryBrokerHasAnswered() {
        assertThat(groups.active()).isEqualTo(new LocalGroups.Active(Set.of("one", "two"), true));

        frozen = true;
        assertThat(groups.active()).isEqualTo(new LocalGroups.Active(Set.of("one"), false));
    }

    /** Kafka answers with the error alone: groups with members would look deserted for a moment. */
    @Test
    void aBrokerThatLoadsItsGroupsDoesNotSayWhoHasMembers() {
        listing = Errors.COORDINATOR_LOAD_IN_PROGRESS;
        assertThat(groups.active()).isEqualTo(new LocalGroups.Active(Set.of("one"), false));
    }

    /** Each of its groups would cost a timeout, and with it all others. */
    @Test
    void aBrokerThatDoesNotAnswerIsLeftOutForAWhile() {
        frozen = true;
        groups.active();
        asked.clear();

        LocalGroups.Committed found = committed();
        assertThat(asked).doesNotContain(2);
        assertThat(found.offsets()).containsOnlyKeys("one");
        assertThat(found.failures()).containsEntry("two", Errors.COORDINATOR_NOT_AVAILABLE);

        frozen = false;
        time.sleep(5_000);
        assertThat(committed().offsets()).containsOnlyKeys("one", "two");
    }

    @Test
    void asksForWhatIsSettled() {
        committed();
        assertThat(settled).containsExactly(true, true);
    }

    /** It was not told how far its log is replicated, and answers only after somebody has written to it. */
    @Test
    void aCoordinatorThatNeverSettlesIsAskedForWhatItKnowsInTheEnd() {
        hangsSettled = true;
        assertThat(committed().offsets()).isEmpty();
        time.sleep(19_999);
        assertThat(committed().offsets()).isEmpty();

        time.sleep(1);
        assertThat(committed().offsets()).containsOnlyKeys("one", "two");
        committed();
        assertThat(settled.subList(6, 8)).containsExactly(true, true);
    }

    /** Taken for no position at all, what the transaction commits in the end might be moved back. */
    @Test
    void aPositionThatATransactionDecidesAboutIsAFailure() {
        position = Errors.UNSTABLE_OFFSET_COMMIT;
        assertThat(committed().failures()).containsEntry("one", Errors.UNSTABLE_OFFSET_COMMIT);
    }

    /** Rather the offset without it than none, for ever. */
    @Test
    void metadataThatThisClusterDoesNotKeepIsLeftOut() {
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(
                PARTITION,
                new OffsetAndMetadata(7, "m".repeat(5000)),
                new TopicPartition("orders", 1),
                new OffsetAndMetadata(8, "short"));

        assertThat(groups.commit(Map.of("one", offsets)).get("one").values()).containsOnly(Errors.NONE);

        assertThat(commits).containsExactly(Map.of(0, 5000, 1, 5), Map.of(0, 0));
    }

    private LocalGroups.Committed committed() {
        return groups.committed(Map.of("one", Set.of(PARTITION), "two", Set.of(PARTITION)));
    }

    private CompletableFuture<AbstractResponse> answer(
            int id, AbstractRequest.Builder<? extends AbstractRequest> request) {
        asked.add(id);
        if (frozen && id == 2) {
            return new CompletableFuture<>();
        }
        if (request.apiKey() == ApiKeys.LIST_GROUPS && id == 2 && listing != Errors.NONE) {
            return CompletableFuture.completedFuture(
                    new ListGroupsResponse(new ListGroupsResponseData().setErrorCode(listing.code())));
        }
        if (request.apiKey() == ApiKeys.LIST_GROUPS) {
            return CompletableFuture.completedFuture(new ListGroupsResponse(
                    new ListGroupsResponseData().setGroups(List.of(new ListedGroup().setGroupId(group(id))))));
        }
        if (request.apiKey() == ApiKeys.OFFSET_COMMIT) {
            return CompletableFuture.completedFuture(committed((OffsetCommitRequest) request.build()));
        }
        return request.apiKey() == ApiKeys.FIND_COORDINATOR
                ? CompletableFuture.completedFuture(coordinators())
                : positions(id, ((OffsetFetchRequest) request.build()).data().requireStable());
    }

    /** A cluster that keeps 4,096 characters beside an offset. */
    private OffsetCommitResponse committed(OffsetCommitRequest request) {
        OffsetCommitResponse.Builder answer = OffsetCommitResponse.newBuilder(false);
        Map<Integer, Integer> lengths = new HashMap<>();
        request.data().topics().forEach(topic -> topic.partitions().forEach(partition -> {
            int length = partition.committedMetadata().length();
            lengths.put(partition.partitionIndex(), length);
            answer.addPartition(
                    topic.topicId(),
                    topic.name(),
                    partition.partitionIndex(),
                    length > 4096 ? Errors.OFFSET_METADATA_TOO_LARGE : Errors.NONE);
        }));
        commits.add(lengths);
        return answer.build();
    }

    private static String group(int coordinator) {
        return coordinator == 1 ? "one" : "two";
    }

    private static FindCoordinatorResponse coordinators() {
        return new FindCoordinatorResponse(new FindCoordinatorResponseData()
                .setCoordinators(List.of(
                        new Coordinator().setKey("one").setNodeId(1),
                        new Coordinator().setKey("two").setNodeId(2))));
    }

    private CompletableFuture<AbstractResponse> positions(int id, boolean wantsSettled) {
        settled.add(wantsSettled);
        if (hangsSettled && wantsSettled) {
            return new CompletableFuture<>();
        }
        OffsetFetchResponseGroup group = new OffsetFetchResponseGroup()
                .setGroupId(group(id))
                .setTopics(List.of(new OffsetFetchResponseTopics()
                        .setName(PARTITION.topic())
                        .setPartitions(List.of(new OffsetFetchResponsePartitions()
                                .setPartitionIndex(0)
                                .setErrorCode(position.code())
                                .setCommittedOffset(position == Errors.NONE ? 7 : -1)))));
        return CompletableFuture.completedFuture(
                new OffsetFetchResponse.Builder(List.of(group)).build(ApiKeys.OFFSET_FETCH.latestVersion()));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.host.RecordBatches;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.FetchSessionHandler;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

/** Fetches over one connection, in an incremental fetch session where the source has them. */
final class KafkaSourceFetchClient implements SourceFetchClient {
    /** First version that may carry the epoch of the last record and report a diverging one (KIP-595). */
    private static final short DIVERGENCE_VERSION = 12;

    private static final int CONNECT_TIMEOUT_MS = 4000;
    private static final int REQUEST_TIMEOUT_MS = 30_000;
    /** Answers of no use in a row that are taken for a fetch session that begins anew. */
    private static final int MAX_USELESS = 3;

    private final String link;
    private final Node broker;
    private final SourceConnection connection;
    private final ReceivePool pool;
    private final FetchSessionHandler session;
    private final String rack;
    private final int requestTimeoutMs;
    private volatile boolean detectsDivergence;
    private int useless;

    KafkaSourceFetchClient(
            LinkRecord link, LinkConfig config, Node broker, String name, FetchMemory memory, Time time) {
        String clientId = "cluster-link-" + link.link() + "-fetcher-" + name;
        Object timeout = config.originals().get(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG);
        this.requestTimeoutMs = timeout == null
                ? REQUEST_TIMEOUT_MS
                : Integer.parseInt(timeout.toString().trim());
        this.link = link.link();
        this.broker = broker;
        this.pool = new ReceivePool(memory);
        this.connection = new SourceConnection(link, config, clientId, pool, time);
        pool.wakeUp(connection::wakeUp);
        this.session = new FetchSessionHandler(new LogContext("[" + clientId + "] "), broker.id());
        this.rack = String.valueOf(config.originals().getOrDefault(CommonClientConfigs.CLIENT_RACK_CONFIG, ""));
    }

    @Override
    public void connect() {
        boolean connected = false;
        try {
            connection.connectTo(broker, CONNECT_TIMEOUT_MS);
            detectsDivergence = connection.usableVersion(broker, ApiKeys.FETCH) >= DIVERGENCE_VERSION;
            connected = true;
        } finally {
            if (!connected) {
                // An answer that waited for memory would keep its place in front of all others.
                pool.reset();
            }
        }
    }

    @Override
    public Answer fetch(Request request) {
        boolean answered = false;
        try {
            connect();
            FetchSessionHandler.FetchRequestData data = prepare(request);
            long sentNs = System.nanoTime();
            ClientResponse answer = exchange(builder(request, data), request.maxWaitMs() + requestTimeoutMs);
            FetchResponse response = (FetchResponse) answer.responseBody();
            boolean accepted =
                    session.handleResponse(response, answer.requestHeader().apiVersion());
            Map<TopicPartition, Fetched> fetched =
                    accepted ? read(response, answer.requestHeader().apiVersion()) : refused(response, request);
            // A source that throttles answers without having looked.
            boolean complete = accepted && (response.throttleTimeMs() == 0 || !fetched.isEmpty());
            Pace pace = pace(sentNs, response.throttleTimeMs());
            // From here on it is the caller who lets go of the buffer.
            Answer result = new Answer(fetched, complete, pool.handOver(), pace);
            answered = true;
            return result;
        } finally {
            if (!answered) {
                pool.reset();
            }
        }
    }

    private ClientResponse exchange(FetchRequest.Builder request, int timeoutMs) {
        try {
            return connection.send(broker, request, timeoutMs);
        } catch (LinkException e) {
            session.handleError(e);
            throw e;
        }
    }

    private Map<TopicPartition, Fetched> read(FetchResponse response, short version) {
        useless = 0;
        Map<TopicPartition, Fetched> fetched = new LinkedHashMap<>();
        response.responseData(session.sessionTopicNames(), version)
                .forEach((partition, part) -> fetched.put(partition, fetched(part)));
        return fetched;
    }

    private Pace pace(long sentNs, int throttleMs) {
        long endNs = System.nanoTime();
        long firstNs = Math.max(sentNs, pool.announcedNs());
        return new Pace(pool.received(), firstNs - sentNs, endNs - firstNs, throttleMs);
    }

    private FetchSessionHandler.FetchRequestData prepare(Request request) {
        FetchSessionHandler.Builder builder =
                session.newBuilder(request.positions().size(), false);
        for (Position position : request.positions()) {
            builder.add(
                    position.partition(),
                    new FetchRequest.PartitionData(
                            position.topicId(),
                            position.offset(),
                            FetchRequest.INVALID_LOG_START_OFFSET,
                            position.maxBytes(),
                            epoch(position.leaderEpoch()),
                            detectsDivergence ? epoch(position.lastEpoch()) : Optional.empty()));
        }
        return builder.build();
    }

    private FetchRequest.Builder builder(Request request, FetchSessionHandler.FetchRequestData data) {
        short maxVersion = data.canUseTopicIds() ? ApiKeys.FETCH.latestVersion() : DIVERGENCE_VERSION;
        return FetchRequest.Builder.forConsumer(maxVersion, request.maxWaitMs(), request.minBytes(), data.toSend())
                .setMaxBytes(request.maxBytes())
                .metadata(data.metadata())
                .removed(data.toForget())
                .replaced(data.toReplace())
                .rackId(rack);
    }

    /** A response for the session as a whole: session errors heal with the next request, others concern everyone. */
    private Map<TopicPartition, Fetched> refused(FetchResponse response, Request request) {
        Errors error = response.error();
        if (error == Errors.UNKNOWN_TOPIC_ID || error == Errors.INCONSISTENT_TOPIC_ID) {
            Map<TopicPartition, Fetched> all = new HashMap<>();
            request.positions()
                    .forEach(position -> all.put(
                            position.partition(), new Fetched(error, -1, -1, -1, -1, -1, ByteBuffer.allocate(0))));
            return all;
        }
        // A source that throttles answers a full fetch with no partitions.
        useless -= response.throttleTimeMs() > 0 ? 1 : 0;
        boolean heals = error == Errors.NONE
                || error == Errors.FETCH_SESSION_ID_NOT_FOUND
                || error == Errors.INVALID_FETCH_SESSION_EPOCH
                || error == Errors.FETCH_SESSION_TOPIC_ID_ERROR;
        if (heals && ++useless <= MAX_USELESS) {
            return Map.of();
        }
        if (error == Errors.NONE) {
            throw new LinkException(
                    Errors.INVALID_FETCH_SESSION_EPOCH,
                    "Source of link " + link + ": broker " + broker.id() + " at " + SourceConnection.address(broker)
                            + " answers fetches with other partitions than it is asked for; check what listens there,"
                            + " and proxies on the way.");
        }
        throw SourceErrors.classify(link, "fetch", SourceConnection.address(broker), error.exception());
    }

    private static Fetched fetched(FetchResponseData.PartitionData part) {
        return new Fetched(
                Errors.forCode(part.errorCode()),
                part.highWatermark(),
                part.logStartOffset(),
                part.divergingEpoch().epoch(),
                part.divergingEpoch().endOffset(),
                part.preferredReadReplica(),
                RecordBatches.of(part));
    }

    private static Optional<Integer> epoch(int epoch) {
        return epoch < 0 ? Optional.empty() : Optional.of(epoch);
    }

    @Override
    public boolean detectsDivergence() {
        return detectsDivergence;
    }

    @Override
    public void shutdown() {
        connection.shutdown();
    }

    @Override
    public void close() {
        connection.close();
        pool.reset();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import io.clusterlinks.it.HostileProxy.Answer;
import io.clusterlinks.it.HostileProxy.Mischief;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** What a hostile source does: to any answer, and to fetched records. */
final class Mischiefs {
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int LEADER_EPOCH = 12;
    private static final int LENGTH = 8;
    private static final int MIN_BATCH = 62;

    private Mischiefs() {}

    // Of frames, whatever they hold.

    static void announceTwoGigabytes(Answer answer, DataOutputStream out) throws IOException {
        out.writeInt(Integer.MAX_VALUE);
        out.write(answer.bytes());
    }

    static void announceLessThanNothing(Answer answer, DataOutputStream out) throws IOException {
        out.writeInt(-5);
        out.write(answer.bytes());
    }

    static void garbage(Answer answer, DataOutputStream out) throws IOException {
        byte[] noise = new byte[answer.bytes().length + 20];
        new Random(7).nextBytes(noise);
        write(out, noise);
    }

    /** The right correlation id, and then noise. */
    static void garbageInside(Answer answer, DataOutputStream out) throws IOException {
        byte[] noise = new byte[answer.bytes().length + 20];
        new Random(8).nextBytes(noise);
        System.arraycopy(answer.bytes(), 0, noise, 0, 4);
        write(out, noise);
    }

    static void wrongCorrelationId(Answer answer, DataOutputStream out) throws IOException {
        byte[] bytes = answer.bytes().clone();
        ByteBuffer.wrap(bytes).putInt(0, ByteBuffer.wrap(bytes).getInt() + 1);
        write(out, bytes);
    }

    /** The answer, and another one that nobody asked for. */
    static void twice(Answer answer, DataOutputStream out) throws IOException {
        write(out, answer.bytes());
        write(out, answer.bytes());
    }

    static void hangUpInTheMiddle(Answer answer, DataOutputStream out) throws IOException {
        out.writeInt(answer.bytes().length);
        out.write(answer.bytes(), 0, answer.bytes().length / 2);
        out.flush();
        throw new EOFException();
    }

    /** Half the answer, and then nothing, on a connection that stays open until the proxy is sane again. */
    static Mischief stall(HostileProxy proxy) {
        return (answer, out) -> {
            out.writeInt(answer.bytes().length);
            out.write(answer.bytes(), 0, answer.bytes().length / 2);
            out.flush();
            proxy.awaitSanity();
            throw new EOFException();
        };
    }

    // Of fetched records.

    static void damagedRecords(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(
                answer,
                out,
                batches -> batches.put(batches.limit() - 1, (byte) (batches.get(batches.limit() - 1) ^ 0x40)));
    }

    static void offsetsPastTheEnd(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(answer, out, batches -> batches.putLong(0, batches.getLong(0) + 1_000_000));
    }

    static void offsetsThatOverflow(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(answer, out, batches -> batches.putLong(0, Long.MAX_VALUE));
    }

    static void negativeOffsets(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(answer, out, batches -> batches.putLong(0, -1 - batches.getLong(0)));
    }

    /** The first batch ends just before what was asked for. */
    static void recordsFromBefore(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(
                answer,
                out,
                batches -> batches.putLong(0, Math.max(0, batches.getLong(0) - batches.getInt(LAST_OFFSET_DELTA) - 1)));
    }

    static void epochsOfTheFuture(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(answer, out, batches -> batches.putInt(LEADER_EPOCH, 1 << 20));
    }

    static void batchesOfTwoGigabytes(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(answer, out, batches -> batches.putInt(LENGTH, Integer.MAX_VALUE));
    }

    static void batchesOfNegativeLength(Answer answer, DataOutputStream out) throws IOException {
        eachBatches(answer, out, batches -> batches.putInt(LENGTH, -7));
    }

    static void halfABatch(Answer answer, DataOutputStream out) throws IOException {
        eachPartition(answer, out, partition -> {
            ByteBuffer records = ((MemoryRecords) partition.records()).buffer().duplicate();
            if (records.remaining() > MIN_BATCH) {
                records.limit(records.position() + MIN_BATCH);
                partition.setRecords(MemoryRecords.readableRecords(records.slice()));
            }
        });
    }

    /** The source has records and does not give them, without waiting. */
    static void nothingAtOnce(Answer answer, DataOutputStream out) throws IOException {
        eachPartition(answer, out, partition -> partition.setRecords(MemoryRecords.EMPTY));
    }

    static void logStartPastTheEnd(Answer answer, DataOutputStream out) throws IOException {
        eachPartition(answer, out, partition -> partition
                .setLogStartOffset(Long.MAX_VALUE)
                .setRecords(MemoryRecords.EMPTY));
    }

    static void errorsThatDoNotExist(Answer answer, DataOutputStream out) throws IOException {
        eachPartition(
                answer, out, partition -> partition.setErrorCode((short) 12_345).setRecords(MemoryRecords.EMPTY));
    }

    static void partitionsNobodyAskedFor(Answer answer, DataOutputStream out) throws IOException {
        rewrite(answer, out, data -> data.responses()
                .forEach(topic -> topic.setTopicId(Uuid.randomUuid()).setTopic("another")));
    }

    static void throttledForDays(Answer answer, DataOutputStream out) throws IOException {
        rewrite(answer, out, data -> data.setThrottleTimeMs(Integer.MAX_VALUE));
    }

    private static void eachBatches(Answer answer, DataOutputStream out, Consumer<ByteBuffer> change)
            throws IOException {
        eachPartition(answer, out, partition -> {
            ByteBuffer records = ((MemoryRecords) partition.records()).buffer();
            if (records.remaining() >= MIN_BATCH) {
                ByteBuffer copy = ByteBuffer.allocate(records.remaining()).put(records.duplicate());
                copy.flip();
                change.accept(copy);
                partition.setRecords(MemoryRecords.readableRecords(copy));
            }
        });
    }

    private static void eachPartition(Answer answer, DataOutputStream out, Consumer<PartitionData> change)
            throws IOException {
        rewrite(answer, out, data -> data.responses()
                .forEach(topic -> topic.partitions().forEach(change)));
    }

    private static void rewrite(Answer answer, DataOutputStream out, Consumer<FetchResponseData> change)
            throws IOException {
        int header = ApiKeys.FETCH.responseHeaderVersion(answer.version()) == 0 ? 4 : 5;
        ByteBuffer body = ByteBuffer.wrap(answer.bytes(), header, answer.bytes().length - header)
                .slice();
        FetchResponseData data = new FetchResponseData(new ByteBufferAccessor(body), answer.version());
        change.accept(data);
        ByteBuffer changed =
                MessageUtil.toByteBufferAccessor(data, answer.version()).buffer();
        ByteBuffer whole = ByteBuffer.allocate(header + changed.remaining());
        whole.put(answer.bytes(), 0, header).put(changed);
        write(out, whole.array());
    }

    private static void write(DataOutputStream out, byte[] frame) throws IOException {
        out.writeInt(frame.length);
        out.write(frame);
        out.flush();
    }
}

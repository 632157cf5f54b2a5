// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compares the segment files of replicas batch by batch, byte by byte. A mirror's batch may differ from its source's in
 * three fields of the header only: leader epoch, producer id (one hop more) and, because of that, CRC. Replicas of one
 * cluster may not differ at all. Batches below a log's start are left out: a segment keeps them until it is deleted.
 */
public final class LogComparison {
    private static final int HEADER = 61;
    private static final int LEADER_EPOCH = 12;
    private static final int MAGIC = 16;
    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int PRODUCER_ID = 43;
    private static final int COUNT = 57;
    private static final int HOP_SHIFT = 48;
    private static final long HOP_MASK = 0x7fffL << HOP_SHIFT;

    private LogComparison() {}

    /** One batch as it lies in a segment. */
    record Batch(ByteBuffer bytes) {
        long baseOffset() {
            return bytes.getLong(0);
        }

        long lastOffset() {
            return baseOffset() + bytes.getInt(LAST_OFFSET_DELTA);
        }

        int records() {
            return bytes.getInt(COUNT);
        }

        long producerId() {
            return bytes.getLong(PRODUCER_ID);
        }

        @Override
        public String toString() {
            return "[" + baseOffset() + ".." + lastOffset() + " " + bytes.limit() + " bytes, epoch "
                    + bytes.getInt(LEADER_EPOCH) + ", magic " + bytes.get(MAGIC) + ", attributes "
                    + bytes.getShort(ATTRIBUTES) + ", producer " + Long.toHexString(producerId()) + ", crc "
                    + Integer.toHexString(bytes.getInt(CRC)) + "]";
        }
    }

    /** What differs between a source replica and a mirror replica from {@code start} on; empty if nothing. */
    public static Optional<String> sourceAndMirror(Path sourceDir, Path mirrorDir, long start) {
        return sourceAndMirror(sourceDir, mirrorDir, start, Long.MAX_VALUE);
    }

    /** The same for the batches that begin below {@code end}: where a mirror stopped and went its own way. */
    public static Optional<String> sourceAndMirror(Path sourceDir, Path mirrorDir, long start, long end) {
        List<Batch> source = batches(sourceDir, start);
        List<Batch> mirror = batches(mirrorDir, start);
        source.removeIf(batch -> batch.baseOffset() >= end);
        mirror.removeIf(batch -> batch.baseOffset() >= end);
        return compare(source, mirror, LogComparison::mirrorDiffers);
    }

    /** What differs between two replicas of one partition from {@code start} on; empty if nothing. */
    public static Optional<String> replicas(Path one, Path other, long start) {
        return compare(
                batches(one, start), batches(other, start), (a, b) -> a.bytes().equals(b.bytes()) ? null : "bytes");
    }

    /** Batches that reach to {@code start} or beyond, in order. */
    static List<Batch> batches(Path replicaDir, long start) {
        List<Batch> batches = new ArrayList<>();
        try (Stream<Path> files = Files.list(replicaDir)) {
            List<Path> segments = files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
            for (Path segment : segments) {
                ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(segment));
                while (content.remaining() >= HEADER) {
                    int size = 12 + content.getInt(content.position() + 8);
                    if (size <= 12 || size > content.remaining()) {
                        break;
                    }
                    batches.add(new Batch(content.slice(content.position(), size)));
                    content.position(content.position() + size);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        batches.removeIf(batch -> batch.lastOffset() < start);
        return batches;
    }

    /** Says what differs between two batches, null if nothing. */
    @FunctionalInterface
    private interface Difference {
        String of(Batch expected, Batch actual);
    }

    private static Optional<String> compare(List<Batch> expected, List<Batch> actual, Difference difference) {
        for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
            String what = difference.of(expected.get(i), actual.get(i));
            if (what != null) {
                return Optional.of(
                        "Batch " + i + ": " + what + " differs: expected " + expected.get(i) + ", is " + actual.get(i));
            }
        }
        if (expected.size() != actual.size()) {
            return Optional.of("Expected " + expected.size() + " batches up to " + last(expected) + ", there are "
                    + actual.size() + " up to " + last(actual));
        }
        return Optional.empty();
    }

    private static String mirrorDiffers(Batch source, Batch mirror) {
        if (source.bytes().limit() != mirror.bytes().limit()) {
            return "size";
        }
        if (mirror.producerId() != oneHopMore(source.producerId())) {
            return "producer id";
        }
        return Arrays.equals(masked(source), masked(mirror)) ? null : "content";
    }

    private static long oneHopMore(long producerId) {
        if (producerId < 0) {
            return producerId;
        }
        long hops = (producerId & HOP_MASK) >>> HOP_SHIFT;
        return (producerId & ~HOP_MASK) | ((hops + 1) << HOP_SHIFT);
    }

    /** The batch with the fields that may differ set to zero. */
    private static byte[] masked(Batch batch) {
        byte[] copy = new byte[batch.bytes().limit()];
        batch.bytes().get(0, copy);
        Arrays.fill(copy, LEADER_EPOCH, MAGIC, (byte) 0);
        Arrays.fill(copy, CRC, ATTRIBUTES, (byte) 0);
        Arrays.fill(copy, PRODUCER_ID, PRODUCER_ID + Long.BYTES, (byte) 0);
        return copy;
    }

    private static String last(List<Batch> batches) {
        return batches.isEmpty() ? "none" : batches.get(batches.size() - 1).toString();
    }
}

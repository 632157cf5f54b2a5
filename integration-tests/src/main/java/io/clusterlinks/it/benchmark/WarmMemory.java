// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Memory that the machine has at hand. A virtual machine may get its memory from the host page by page, when it is first
 * touched, and hand it back seconds after it was freed. There, writing to a file costs up to ten times as much processor
 * time when the page cache grows into such memory, and that is what would be compared. So a file is written first and
 * shortened as the transfer goes on, which gets its pages. What is freed does not stay at hand for long.
 */
final class WarmMemory implements AutoCloseable {
    /** How much of it is let go before it is needed. */
    private static final double AHEAD = 0.2;

    private static final double STEP = 0.02;

    private final Path file;
    private final long bytes;
    private double kept = 1;

    private WarmMemory(Path file, long bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /** Takes about as long as the disk needs for so much. */
    static WarmMemory of(Path dir, long bytes) {
        try {
            Files.createDirectories(dir);
            Path file = Files.createTempFile(dir, "memory", ".warm");
            file.toFile().deleteOnExit();
            ByteBuffer chunk = ByteBuffer.allocateDirect(1 << 20);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                for (long written = 0; written < bytes; ) {
                    written += channel.write(chunk.clear());
                }
                channel.force(true);
            }
            return new WarmMemory(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has the kernel hold these files, which may have gone from its cache since they were written; returns their bytes. */
    static long read(List<Path> files) {
        long bytes = 0;
        ByteBuffer chunk = ByteBuffer.allocateDirect(1 << 20);
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                for (int read = channel.read(chunk); read >= 0; read = channel.read(chunk.clear())) {
                    bytes += read;
                }
                chunk.clear();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return bytes;
    }

    /** Lets go of what is needed next; {@code done} is the share of the transfer that is over. */
    void follow(double done) {
        double keep = Math.max(0, 1 - done - AHEAD);
        if (kept - keep < STEP) {
            return;
        }
        kept = keep;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate((long) (bytes * keep));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets go of all of it. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

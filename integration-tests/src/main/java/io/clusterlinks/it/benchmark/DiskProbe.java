// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What the disk takes when nothing but writing is done: 1 MB writes to one file.
 *
 * @param buffered MB/s until the kernel has the bytes, which is when a broker goes on too
 * @param durable MB/s until they are on the disk
 */
record DiskProbe(double buffered, double durable) {
    static DiskProbe run(Path dir, long bytes) throws IOException {
        Files.createDirectories(dir);
        Path file = Files.createTempFile(dir, "disk", ".probe");
        byte[] chunk = new byte[1 << 20];
        ThreadLocalRandom.current().nextBytes(chunk);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long start = System.nanoTime();
            for (long written = 0; written < bytes; ) {
                written += channel.write(ByteBuffer.wrap(chunk));
            }
            double buffered = (System.nanoTime() - start) / 1e9;
            channel.force(true);
            double durable = (System.nanoTime() - start) / 1e9;
            return new DiskProbe(bytes / 1e6 / buffered, bytes / 1e6 / durable);
        } finally {
            Files.delete(file);
        }
    }
}

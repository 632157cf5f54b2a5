// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.record.MirrorRecord;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the snapshot level with the image. A topic must be in it before the coordinator hears that this broker knows it as
 * a mirror. A snapshot that names too many is harmless: it is only used until the state topic was read. One that cannot be
 * written keeps nobody but the coordinator waiting, and is tried again. For one thread, but where it says otherwise.
 */
final class SnapshotKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);

    private final SnapshotFile file;
    /** Mirrors that it names; null until it was written. */
    private Set<String> saved;
    /** Whether it names other mirrors than the image, since it could not be written. */
    private boolean behind;

    private volatile long savedOffset = -1;
    private volatile boolean closed;

    SnapshotKeeper(SnapshotFile file) {
        this.file = file;
    }

    /** End of the newest image whose mirrors are all in it; -1 until there is one. From any thread. */
    long savedOffset() {
        return savedOffset;
    }

    /** Whether the last image is to be saved again: the file could not be written, or is gone. */
    boolean isBehind() {
        return behind || !file.exists();
    }

    void save(LinkImage image) {
        Set<String> fence = fenced(image);
        if (!fence.equals(saved) || !file.exists()) {
            write(image, fence);
        } else {
            behind = false;
        }
        if (saved != null && saved.containsAll(fence)) {
            savedOffset = image.nextOffset();
        }
    }

    private void write(LinkImage image, Set<String> fence) {
        boolean failed = behind;
        try {
            file.save(image);
            saved = fence;
            behind = false;
        } catch (IOException e) {
            behind = true;
            // Who closes this interrupts it.
            if (!failed && !closed) {
                LOG.error("Could not write which topics are mirrors; trying again", e);
            }
        }
    }

    private static Set<String> fenced(LinkImage image) {
        return image.readOnlyMirrors().map(MirrorRecord::topic).collect(Collectors.toSet());
    }

    /** From here on a failure is no error. From any thread. */
    void close() {
        closed = true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecords;
import io.clusterlinks.state.LinkImage.Change;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;

/**
 * The image as a local file, so that the fence stands from the first request after a restart, before the state topic
 * can be read. Lines of JSON: a header, then one record per line. Replaced atomically.
 */
public final class SnapshotFile {
    private static final String FILE_NAME = "cluster-links.snapshot";

    private final Path path;

    public SnapshotFile(Path directory) {
        this.path = directory.resolve(FILE_NAME);
    }

    /** One line: {@code key} as in the state topic, {@code value} the record's JSON as text. */
    private record Line(String key, String value) {}

    private record Header(int version, long nextOffset, int records) {}

    /** Whether an image was ever saved, and the file is still there. */
    public boolean exists() {
        return Files.exists(path);
    }

    /**
     * The image that was last saved, {@link LinkImage#EMPTY} if none was.
     *
     * @throws LinkException KAFKA_STORAGE_ERROR if the file is there but cannot be read: the fence would have holes
     */
    public LinkImage load() {
        if (!Files.exists(path)) {
            return LinkImage.EMPTY;
        }
        try {
            Iterator<String> lines =
                    Files.readAllLines(path, StandardCharsets.UTF_8).iterator();
            Header header = Json.read(lines.next(), Header.class);
            List<Change> changes = new ArrayList<>();
            while (lines.hasNext()) {
                Line line = Json.read(lines.next(), Line.class);
                StateKey key = StateKey.parse(line.key());
                changes.add(new Change(
                        key, StateRecords.parseValue(key, line.value().getBytes(StandardCharsets.UTF_8))));
            }
            if (changes.size() != header.records()) {
                throw new IOException("expected " + header.records() + " records, found " + changes.size());
            }
            return LinkImage.EMPTY.apply(changes, header.nextOffset());
        } catch (IOException | RuntimeException e) {
            throw new LinkException(
                    Errors.KAFKA_STORAGE_ERROR,
                    "Cannot read " + path + ", which says which topics are read-only mirrors: " + e.getMessage()
                            + ". Restore it, or delete it if this broker leads no mirror.",
                    e);
        }
    }

    /** Saves {@code image} durably. */
    public void save(LinkImage image) throws IOException {
        Path temporary = path.resolveSibling(FILE_NAME + ".tmp");
        try (BufferedWriter writer = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8)) {
            List<String> lines = image.records()
                    .map(record -> Json.write(new Line(
                            record.key().text(), new String(StateRecords.value(record), StandardCharsets.UTF_8))))
                    .toList();
            writer.write(Json.write(new Header(1, image.nextOffset(), lines.size())));
            writer.newLine();
            for (String line : lines) {
                writer.write(line);
                writer.newLine();
            }
        }
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Utils.flushDir(path.toAbsolutePath().getParent());
    }
}

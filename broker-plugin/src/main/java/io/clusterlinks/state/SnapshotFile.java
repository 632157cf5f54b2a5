// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecord;
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
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The links and read-only mirrors of an image as a local file, so that the fence stands from the first request after a
 * restart, before the state topic can be read. What has stopped of a mirror is not in it: until the state was read clients
 * are asked to try again there, too. Lines of JSON: a header, then one record per line. Replaced atomically. For one thread.
 */
public final class SnapshotFile {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotFile.class);
    private static final String FILE_NAME = "cluster-links.snapshot";

    /** Where it may be, the directory that is written to first. */
    private final List<Path> paths = new ArrayList<>();

    /** A file in the first of {@code directories} that can be written. */
    public SnapshotFile(List<Path> directories) {
        directories.forEach(directory -> paths.add(directory.resolve(FILE_NAME)));
    }

    /** One line: {@code key} as in the state topic, {@code value} the record's JSON as text. */
    private record Line(String key, String value) {}

    private record Header(int version, long nextOffset, int records) {}

    /** Whether an image was ever saved, and the file is still there. */
    public boolean exists() {
        return newest().isPresent();
    }

    /** One that could not be deleted when another took its place is older. */
    private Optional<Path> newest() {
        return paths.stream().filter(Files::exists).max(Comparator.comparing(SnapshotFile::lastModified));
    }

    private static FileTime lastModified(Path path) {
        try {
            return Files.getLastModifiedTime(path);
        } catch (IOException e) {
            return FileTime.fromMillis(Long.MIN_VALUE);
        }
    }

    /**
     * What was last saved of an image, {@link LinkImage#EMPTY} if none was.
     *
     * @throws LinkException KAFKA_STORAGE_ERROR if the file is there but cannot be read: the fence would have holes
     */
    public LinkImage load() {
        return newest().map(SnapshotFile::load).orElse(LinkImage.EMPTY);
    }

    private static LinkImage load(Path path) {
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

    /**
     * Saves that of {@code image} durably; while a directory has failed in the next one.
     *
     * @throws IOException if none can be written
     */
    public void save(LinkImage image) throws IOException {
        IOException failure = null;
        for (Path path : List.copyOf(paths)) {
            try {
                save(image, path);
                deleteOthers(path);
                if (failure != null) {
                    LOG.warn("Keeps the snapshot of the links in {} from now on", path, failure);
                }
                return;
            } catch (IOException e) {
                Collections.rotate(paths, -1);
                failure = e;
            }
        }
        throw failure;
    }

    /** They would be taken for this one when its directory has failed. */
    private void deleteOthers(Path saved) {
        for (Path path : paths) {
            try {
                if (!path.equals(saved)) {
                    Files.deleteIfExists(path);
                }
            } catch (IOException e) {
                LOG.debug("Could not delete {}", path, e);
            }
        }
    }

    private static void save(LinkImage image, Path path) throws IOException {
        Path temporary = path.resolveSibling(FILE_NAME + ".tmp");
        try (BufferedWriter writer = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8)) {
            List<String> lines = Stream.<StateRecord>concat(image.links().stream(), image.readOnlyMirrors())
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

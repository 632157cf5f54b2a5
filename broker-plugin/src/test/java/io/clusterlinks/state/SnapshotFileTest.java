// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.image;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static io.clusterlinks.Records.partition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFileTest {
    @TempDir
    Path directory;

    @Test
    void loadsWhatWasSaved() throws Exception {
        LinkImage saved = image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE));

        new SnapshotFile(List.of(directory)).save(saved);
        LinkImage loaded = new SnapshotFile(List.of(directory)).load();

        assertThat(loaded.records())
                .containsExactlyInAnyOrderElementsOf(saved.records().toList());
        assertThat(loaded.nextOffset()).isEqualTo(2);
    }

    /** It is written when other mirrors are fenced: what was stopped of one then may be a part of another mirror of that name by now. */
    @Test
    void whatWasStoppedOfAMirrorIsNotSaved() throws Exception {
        LinkImage stopping =
                image(link(), mirror(MirrorState.PENDING_STOPPED, StopMode.FAILOVER), partition(1, Phase.STOPPED));

        new SnapshotFile(List.of(directory)).save(stopping);
        LinkImage loaded = new SnapshotFile(List.of(directory)).load();

        assertThat(loaded.mirror(TOPIC)).isPresent();
        assertThat(loaded.partitions(TOPIC)).isEmpty();
    }

    @Test
    void nothingSavedMeansNoLinks() {
        assertThat(new SnapshotFile(List.of(directory)).load()).isSameAs(LinkImage.EMPTY);
    }

    /** No mirror could be created in the whole cluster while one directory of one broker had failed. */
    @Test
    void aDirectoryThatFailsIsReplacedByTheNext() throws Exception {
        Path failing = Files.createDirectory(directory.resolve("failing"));
        Path other = Files.createDirectory(directory.resolve("other"));
        SnapshotFile snapshot = new SnapshotFile(List.of(failing, other));
        snapshot.save(image(link()));
        Path away = Files.move(failing, directory.resolve("away"));

        LinkImage saved = image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE));
        snapshot.save(saved);

        // Also if the older one is there again
        assertThat(new SnapshotFile(List.of(failing, other)).load().nextOffset())
                .isEqualTo(saved.nextOffset());
        Files.move(away, failing);
        SnapshotFile restarted = new SnapshotFile(List.of(failing, other));
        assertThat(restarted.load().nextOffset()).isEqualTo(saved.nextOffset());
        // And what it takes the place of is not there any more when its directory fails
        restarted.save(saved);
        assertThat(new SnapshotFile(List.of(other)).exists()).isFalse();
        assertThat(restarted.exists()).isTrue();
    }

    @Test
    void noDirectoryToWriteToIsAnError() {
        Path none = directory.resolve("none");

        assertThatThrownBy(() -> new SnapshotFile(List.of(none)).save(image(link())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(none.toString());
    }

    @Test
    void aTornSnapshotIsAnErrorAndNotAFenceWithHoles() throws Exception {
        new SnapshotFile(List.of(directory)).save(image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE)));
        Path file = directory.resolve("cluster-links.snapshot");
        Files.write(file, Files.readAllLines(file).subList(0, 2));

        assertThatThrownBy(() -> new SnapshotFile(List.of(directory)).load())
                .isInstanceOf(LinkException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("expected 2 records, found 1");
    }
}

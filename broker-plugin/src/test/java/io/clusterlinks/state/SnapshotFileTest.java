// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

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
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFileTest {
    @TempDir
    Path directory;

    @Test
    void loadsWhatWasSaved() throws Exception {
        LinkImage saved = image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE), partition(1, Phase.MIRRORING));

        new SnapshotFile(directory).save(saved);
        LinkImage loaded = new SnapshotFile(directory).load();

        assertThat(loaded.records())
                .containsExactlyInAnyOrderElementsOf(saved.records().toList());
        assertThat(loaded.nextOffset()).isEqualTo(3);
    }

    @Test
    void nothingSavedMeansNoLinks() {
        assertThat(new SnapshotFile(directory).load()).isSameAs(LinkImage.EMPTY);
    }

    @Test
    void aTornSnapshotIsAnErrorAndNotAFenceWithHoles() throws Exception {
        new SnapshotFile(directory).save(image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE)));
        Path file = directory.resolve("cluster-links.snapshot");
        Files.write(file, Files.readAllLines(file).subList(0, 2));

        assertThatThrownBy(() -> new SnapshotFile(directory).load())
                .isInstanceOf(LinkException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("expected 2 records, found 1");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PluginSettingsTest {
    @Test
    void theSnapshotIsKeptInALogDirectory() {
        assertThat(PluginSettings.of(Map.of("log.dirs", "/a, /b")).stateDirs())
                .containsExactly(Path.of("/a"), Path.of("/b"));
        assertThat(PluginSettings.of(Map.of("log.dirs", List.of("/a", "/b"))).stateDirs())
                .containsExactly(Path.of("/a"), Path.of("/b"));
        assertThat(PluginSettings.of(Map.of("log.dir", "/a")).stateDirs()).containsExactly(Path.of("/a"));
    }

    /** One that was left in a log directory was not found when the setting came, and was taken for the newest when it went. */
    @Test
    void aDirectoryOfItsOwnComesFirst() {
        assertThat(PluginSettings.of(Map.of("log.dirs", "/a,/b", "cluster.link.state.dir", "/own"))
                        .stateDirs())
                .containsExactly(Path.of("/own"), Path.of("/a"), Path.of("/b"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.plugin;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** The plugin's settings in server.properties. */
public final class PluginSettings extends AbstractConfig {
    public static final String SECRET = "cluster.link.secret";
    public static final String STATE_DIR = "cluster.link.state.dir";
    public static final String FETCH_MEMORY_BYTES = "cluster.link.fetch.memory.bytes";

    private static final String PREFIX = "cluster.link.";
    private static final long DEFAULT_FETCH_MEMORY = 128L * 1024 * 1024;

    private static final ConfigDef DEF = new ConfigDef()
            .define(
                    SECRET,
                    Type.PASSWORD,
                    null,
                    Importance.HIGH,
                    "Encrypts secrets in link configs. The same on every broker; needed before a link has a secret.")
            .define(
                    STATE_DIR,
                    Type.STRING,
                    "",
                    Importance.LOW,
                    "Where the snapshot of the links is kept; if not set, or it cannot be written, the first log directory that can.")
            .define(
                    FETCH_MEMORY_BYTES,
                    Type.LONG,
                    DEFAULT_FETCH_MEMORY,
                    Range.atLeast(1024L * 1024),
                    Importance.MEDIUM,
                    "Bytes of fetched and not yet appended batches that this broker holds for all links together, outside the"
                            + " heap; taken only while they are needed.");

    private final List<Path> logDirs;

    private PluginSettings(Map<String, Object> own, List<Path> logDirs) {
        super(DEF, own, false);
        this.logDirs = logDirs;
    }

    /**
     * The settings of a broker.
     *
     * @throws ConfigException if one is malformed, or begins with {@code cluster.link.} and is not known
     */
    public static PluginSettings of(Map<String, Object> serverProperties) {
        Map<String, Object> own = new HashMap<>();
        serverProperties.forEach((name, value) -> {
            if (name.startsWith(PREFIX)) {
                if (!DEF.names().contains(name)) {
                    throw new ConfigException(name, value, "unknown; the plugin's settings are " + DEF.names());
                }
                own.put(name, value);
            }
        });
        return new PluginSettings(own, logDirs(serverProperties));
    }

    private static List<Path> logDirs(Map<String, Object> serverProperties) {
        Object dirs = serverProperties.get("log.dirs");
        Object all = dirs == null ? serverProperties.getOrDefault("log.dir", "/tmp/kafka-logs") : dirs;
        List<?> names =
                all instanceof List<?> list ? list : List.of(all.toString().split(","));
        return names.stream().map(name -> Path.of(name.toString().trim())).toList();
    }

    /** Where the snapshot may be kept, the directory that comes first first. */
    List<Path> stateDirs() {
        // A file that was left in one of those when this was not set is found, and does not outlive the next.
        Stream<Path> own =
                Stream.of(getString(STATE_DIR)).filter(dir -> !dir.isEmpty()).map(Path::of);
        return Stream.concat(own, logDirs.stream()).toList();
    }

    Optional<String> secret() {
        return Optional.ofNullable(getPassword(SECRET)).map(Password::value);
    }

    long fetchMemoryBytes() {
        return getLong(FETCH_MEMORY_BYTES);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import io.clusterlinks.protocol.filter.AclFilters;
import io.clusterlinks.protocol.filter.NameFilters;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;

/**
 * The configs of one link: typed, immutable, validated as a whole. Besides the keys defined here every client config
 * of Kafka (security, timeouts, {@code client.rack}, ...) may be set and is used for all connections to the source.
 */
public final class LinkConfig extends AbstractConfig {
    public static final String BOOTSTRAP_SERVERS = CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG;
    public static final String PAUSED = "cluster.link.paused";
    public static final String PREFIX = "cluster.link.prefix";
    public static final String START_OFFSET_SPEC = "mirror.start.offset.spec";

    /** Value of {@link #START_OFFSET_SPEC}: all that the source has. */
    public static final String EARLIEST = "earliest";

    public static final String NUM_FETCHERS = "num.cluster.link.fetchers";
    public static final String FETCH_MAX_BYTES = "replica.fetch.max.bytes";
    public static final String FETCH_RESPONSE_MAX_BYTES = "replica.fetch.response.max.bytes";
    public static final String MAX_BYTES_PER_SECOND = "cluster.link.max.bytes.per.second";
    public static final String FETCH_MIN_BYTES = "replica.fetch.min.bytes";
    public static final String FETCH_WAIT_MAX_MS = "replica.fetch.wait.max.ms";
    public static final String MAX_TRUNCATION_RECORDS = "max.truncation.records";
    public static final String FETCH_BACKOFF_MS = "replica.fetch.backoff.ms";
    public static final String METADATA_MAX_AGE_MS = CommonClientConfigs.METADATA_MAX_AGE_CONFIG;
    public static final String TOPIC_CONFIG_SYNC_MS = "topic.config.sync.ms";
    public static final String TOPIC_CONFIG_SYNC_INCLUDE = "topic.config.sync.include";
    public static final String TOPIC_CONFIG_SYNC_EXCLUDE = "topic.config.sync.exclude";

    public static final String OFFSET_SYNC_ENABLE = "consumer.offset.sync.enable";
    public static final String OFFSET_SYNC_MS = "consumer.offset.sync.ms";
    public static final String GROUP_FILTERS = "consumer.offset.group.filters";
    public static final String GROUP_PREFIX_ENABLE = "consumer.group.prefix.enable";
    public static final String AUTO_CREATE_ENABLE = "auto.create.mirror.topics.enable";
    public static final String AUTO_CREATE_FILTERS = "auto.create.mirror.topics.filters";
    public static final String ACL_SYNC_ENABLE = "acl.sync.enable";
    public static final String ACL_SYNC_MS = "acl.sync.ms";
    public static final String ACL_FILTERS = "acl.filters";

    private static final int MIB = 1024 * 1024;

    /** Topic configs that always follow the source and cannot be changed here. */
    public static final List<String> LOCKED_TOPIC_CONFIGS = List.of(
            "cleanup.policy",
            "max.message.bytes",
            "message.timestamp.type",
            "min.compaction.lag.ms",
            "max.compaction.lag.ms");

    /** Topic configs that follow the source unless excluded. */
    public static final List<String> DEFAULT_SYNCED_TOPIC_CONFIGS = List.of(
            "retention.ms",
            "retention.bytes",
            "delete.retention.ms",
            "segment.bytes",
            "segment.ms",
            "segment.jitter.ms",
            "compression.type",
            "message.timestamp.before.max.ms",
            "message.timestamp.after.max.ms");

    private static final ConfigDef DEF = new ConfigDef()
            .define(
                    BOOTSTRAP_SERVERS,
                    Type.LIST,
                    ConfigDef.NO_DEFAULT_VALUE,
                    ConfigDef.ValidList.anyNonDuplicateValues(false, false),
                    Importance.HIGH,
                    "Where the source cluster is reached: host:port, comma-separated.")
            .define(PAUSED, Type.BOOLEAN, false, Importance.MEDIUM, "Whether all mirrors of the link are paused.")
            .define(
                    PREFIX,
                    Type.STRING,
                    "",
                    Importance.MEDIUM,
                    "Put before a source topic's name to make the mirror's name. Fixed once the link exists.")
            .define(
                    START_OFFSET_SPEC,
                    Type.STRING,
                    EARLIEST,
                    LinkConfig::validateStartOffsetSpec,
                    Importance.MEDIUM,
                    "Where new mirrors start: earliest, latest, or an instant such as 2026-01-31T00:00:00Z.")
            .define(
                    NUM_FETCHERS,
                    Type.INT,
                    1,
                    Range.between(1, 64),
                    Importance.MEDIUM,
                    "Fetcher threads, with one connection each, per source broker, at least: one for each 250 partitions or so,"
                            + " and others for those to which records keep coming.")
            .define(
                    FETCH_MAX_BYTES,
                    Type.INT,
                    2 * MIB,
                    Range.atLeast(1024),
                    Importance.MEDIUM,
                    "Bytes to ask for per partition and fetch; more for busy partitions where the round trip is long. A larger first"
                            + " batch still arrives.")
            .define(
                    FETCH_RESPONSE_MAX_BYTES,
                    Type.INT,
                    16 * MIB,
                    Range.atLeast(1024),
                    Importance.MEDIUM,
                    "Bytes to ask for per fetch; more where the round trip is long, up to half of"
                            + " cluster.link.fetch.memory.bytes or 64 MiB.")
            .define(
                    MAX_BYTES_PER_SECOND,
                    Type.LONG,
                    -1L,
                    LinkConfig::validateRate,
                    Importance.MEDIUM,
                    "Most bytes of batches per second that each broker copies over the link; 0 or -1 for no limit, at least 1024 otherwise. Takes"
                            + " effect at once.")
            .define(
                    FETCH_MIN_BYTES,
                    Type.INT,
                    1,
                    Range.atLeast(1),
                    Importance.LOW,
                    "Bytes a fetch waits for; no more than " + FETCH_MAX_BYTES + ".")
            .define(
                    FETCH_WAIT_MAX_MS,
                    Type.INT,
                    500,
                    Range.between(1, 30_000),
                    Importance.LOW,
                    "Milliseconds a fetch waits for " + FETCH_MIN_BYTES
                            + "; four times that, up to 2000, among hundreds of partitions to which nothing happens.")
            .define(
                    FETCH_BACKOFF_MS,
                    Type.INT,
                    1000,
                    Range.between(1, 60_000),
                    Importance.LOW,
                    "Milliseconds before a partition that failed is tried again.")
            .define(
                    MAX_TRUNCATION_RECORDS,
                    Type.LONG,
                    Long.MAX_VALUE,
                    Range.atLeast(0),
                    Importance.MEDIUM,
                    "Most records that a mirror partition drops when its source has lost them; if it lost more, the"
                            + " partition fails instead, for an operator to decide.")
            .define(
                    METADATA_MAX_AGE_MS,
                    Type.LONG,
                    5000L,
                    Range.between(100L, 300_000L),
                    Importance.LOW,
                    "Milliseconds after which topics of the source are asked for again; leaders and partitions of those that"
                            + " are mirrored after 5000 at most.")
            .define(
                    TOPIC_CONFIG_SYNC_MS,
                    Type.LONG,
                    5000L,
                    Range.atLeast(100L),
                    Importance.LOW,
                    "Milliseconds between two comparisons of topic configs and numbers of partitions.")
            .define(
                    TOPIC_CONFIG_SYNC_INCLUDE,
                    Type.LIST,
                    List.of(),
                    Importance.LOW,
                    "Topic configs that follow the source besides the ones that do by default; not segment.index.bytes, and none"
                            + " of tiered storage.")
            .define(
                    TOPIC_CONFIG_SYNC_EXCLUDE,
                    Type.LIST,
                    List.of(),
                    Importance.LOW,
                    "Topic configs that do not follow the source; the ones that always do cannot be named.")
            .define(
                    OFFSET_SYNC_ENABLE,
                    Type.BOOLEAN,
                    false,
                    Importance.MEDIUM,
                    "Whether committed offsets of consumer groups follow the source; needs " + GROUP_FILTERS + ".")
            .define(
                    OFFSET_SYNC_MS,
                    Type.LONG,
                    1000L,
                    Range.atLeast(100L),
                    Importance.LOW,
                    "Milliseconds between two comparisons of committed offsets.")
            .define(
                    GROUP_FILTERS,
                    Type.STRING,
                    "",
                    Importance.MEDIUM,
                    "Which consumer groups: JSON, {\"groupFilters\":[{\"name\":\"*\",\"patternType\":\"LITERAL\","
                            + "\"filterType\":\"INCLUDE\"}]}. LITERAL * means all; also PREFIXED and REGEX (RE2). EXCLUDE"
                            + " wins.")
            .define(
                    GROUP_PREFIX_ENABLE,
                    Type.BOOLEAN,
                    false,
                    Importance.MEDIUM,
                    "Whether " + PREFIX
                            + ", which then may not be empty, is put before the names of consumer groups too. Fixed once the link exists.")
            .define(
                    AUTO_CREATE_ENABLE,
                    Type.BOOLEAN,
                    false,
                    Importance.MEDIUM,
                    "Whether topics of the source are mirrored without being asked for; needs " + AUTO_CREATE_FILTERS
                            + ".")
            .define(
                    AUTO_CREATE_FILTERS,
                    Type.STRING,
                    "",
                    Importance.MEDIUM,
                    "Which topics: JSON with topicFilters as in " + GROUP_FILTERS
                            + ". Internal topics, and topics that are mirrors at the source, only where a LITERAL filter names them.")
            .define(
                    ACL_SYNC_ENABLE,
                    Type.BOOLEAN,
                    false,
                    Importance.MEDIUM,
                    "Whether ACLs follow the source; needs " + ACL_FILTERS
                            + ". Only ACLs that the link created are ever" + " removed.")
            .define(
                    ACL_SYNC_MS,
                    Type.LONG,
                    5000L,
                    Range.atLeast(100L),
                    Importance.LOW,
                    "Milliseconds between two comparisons of ACLs.")
            .define(
                    ACL_FILTERS,
                    Type.STRING,
                    "",
                    Importance.MEDIUM,
                    "Which ACLs: JSON, {\"aclFilters\":[{\"resourceFilter\":{\"resourceType\":\"any\",\"patternType\":"
                            + "\"any\"},\"accessFilter\":{\"operation\":\"any\",\"permissionType\":\"any\"}}]}; what is left"
                            + " out means any.");

    private static final Set<String> CLIENT_CONFIGS = clientConfigs();

    private LinkConfig(Map<String, String> values) {
        super(DEF, values, false);
    }

    /**
     * Checks and parses the configs of a link.
     *
     * @throws LinkException INVALID_CONFIG, naming the key, if a key is unknown, a value is malformed, or two values
     *     contradict each other
     */
    public static LinkConfig parse(Map<String, String> values) {
        for (String key : new TreeMap<>(values).keySet()) {
            if (!isKnown(key)) {
                throw LinkException.invalidConfig("Unknown link config '" + key
                        + "'. Link configs are those of docs/configs.md and the client configs of Kafka.");
            }
        }
        LinkConfig config;
        try {
            config = new LinkConfig(values);
        } catch (ConfigException e) {
            throw new LinkException(org.apache.kafka.common.protocol.Errors.INVALID_CONFIG, e.getMessage() + ".", e);
        }
        config.validateTogether();
        return config;
    }

    private void validateTogether() {
        if (getInt(FETCH_MIN_BYTES) > getInt(FETCH_MAX_BYTES)) {
            throw LinkException.invalidConfig(FETCH_MIN_BYTES + " (" + getInt(FETCH_MIN_BYTES) + ") is above "
                    + FETCH_MAX_BYTES + " (" + getInt(FETCH_MAX_BYTES)
                    + "): one busy partition could never fill a fetch and would wait every time.");
        }
        if (getInt(FETCH_MAX_BYTES) > getInt(FETCH_RESPONSE_MAX_BYTES)) {
            throw LinkException.invalidConfig(FETCH_MAX_BYTES + " is above " + FETCH_RESPONSE_MAX_BYTES
                    + "; a fetch cannot return more for one partition than for all.");
        }
        TopicConfigChoice.validate(getList(TOPIC_CONFIG_SYNC_INCLUDE), getList(TOPIC_CONFIG_SYNC_EXCLUDE));
        validatePrefix();
        refuseWithoutFilter(OFFSET_SYNC_ENABLE, GROUP_FILTERS, groupFilters().isEmpty());
        refuseWithoutFilter(
                AUTO_CREATE_ENABLE, AUTO_CREATE_FILTERS, topicFilters().isEmpty());
        refuseWithoutFilter(ACL_SYNC_ENABLE, ACL_FILTERS, aclFilters().isEmpty());
        if (getBoolean(GROUP_PREFIX_ENABLE) && prefix().isEmpty()) {
            throw LinkException.invalidConfig(
                    GROUP_PREFIX_ENABLE + " needs " + PREFIX + ", which is what is put before the names of groups.");
        }
    }

    private void validatePrefix() {
        String name = prefix() + "x";
        String why = null;
        if (LinkResource.isReserved(name) || name.startsWith("__")) {
            why = "names that begin with '__' are the cluster's own";
        } else if (!prefix().isEmpty()) {
            try {
                LinkResource.validateTopicName(name);
            } catch (LinkException e) {
                why = e.getMessage();
            }
        }
        if (why != null) {
            throw LinkException.invalidConfig(
                    PREFIX + " '" + prefix() + "' makes names that topics cannot have: " + why);
        }
    }

    private void refuseWithoutFilter(String enable, String filters, boolean empty) {
        if (getBoolean(enable) && empty) {
            throw LinkException.invalidConfig(enable + " needs " + filters + ": say which ones, for example all with "
                    + (filters.equals(ACL_FILTERS)
                            ? "{\"aclFilters\":[{}]}"
                            : "{\"" + (filters.equals(GROUP_FILTERS) ? "groupFilters" : "topicFilters")
                                    + "\":[{\"name\":\"*\",\"patternType\":\"LITERAL\",\"filterType\":\"INCLUDE\"}]}")
                    + ".");
        }
    }

    /** Which groups' offsets follow the source. */
    public NameFilters groupFilters() {
        return NameFilters.parse(GROUP_FILTERS, getString(GROUP_FILTERS), "groupFilters");
    }

    /** Which topics are mirrored without being asked for. */
    public NameFilters topicFilters() {
        return NameFilters.parse(AUTO_CREATE_FILTERS, getString(AUTO_CREATE_FILTERS), "topicFilters");
    }

    /** Which ACLs follow the source. */
    public List<AclBindingFilter> aclFilters() {
        return AclFilters.parse(ACL_FILTERS, getString(ACL_FILTERS));
    }

    /** What is put before the name of a group; empty for nothing. */
    public String groupPrefix() {
        return getBoolean(GROUP_PREFIX_ENABLE) ? prefix() : "";
    }

    public static ConfigDef definition() {
        return new ConfigDef(DEF);
    }

    /** Whether {@code key} may be set on a link. */
    public static boolean isKnown(String key) {
        return DEF.names().contains(key) || CLIENT_CONFIGS.contains(key);
    }

    /** Whether the value of {@code key} is a secret: encrypted in the state topic, never shown. */
    public static boolean isSensitive(String key) {
        return AdminClientConfig.configDef().configKeys().containsKey(key)
                && AdminClientConfig.configDef().configKeys().get(key).type == Type.PASSWORD;
    }

    public String prefix() {
        return getString(PREFIX);
    }

    /** Most bytes per second on one broker; {@link Long#MAX_VALUE} for no limit. */
    public long maxBytesPerSecond() {
        long limit = getLong(MAX_BYTES_PER_SECOND);
        return limit <= 0 ? Long.MAX_VALUE : limit;
    }

    /** As {@link #paused}, of configs that may not be usable otherwise. */
    public static boolean isPaused(Map<String, String> configs) {
        return Boolean.parseBoolean(configs.getOrDefault(PAUSED, "false").trim());
    }

    public boolean paused() {
        return getBoolean(PAUSED);
    }

    /** Names of the topic configs that follow the source. */
    public Set<String> syncedTopicConfigs() {
        Set<String> names = new HashSet<>(DEFAULT_SYNCED_TOPIC_CONFIGS);
        names.addAll(getList(TOPIC_CONFIG_SYNC_INCLUDE));
        getList(TOPIC_CONFIG_SYNC_EXCLUDE).forEach(names::remove);
        names.addAll(LOCKED_TOPIC_CONFIGS);
        return Set.copyOf(names);
    }

    /** Client configs for a connection to the source: everything that was set and is not the link's own, plus defaults. */
    public Map<String, Object> clientConfigs(String clientId) {
        Map<String, Object> configs = new HashMap<>();
        originals().forEach((key, value) -> {
            if (CLIENT_CONFIGS.contains(key)) {
                configs.put(key, value);
            }
        });
        configs.put(BOOTSTRAP_SERVERS, String.join(",", getList(BOOTSTRAP_SERVERS)));
        configs.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
        return configs;
    }

    private static Set<String> clientConfigs() {
        Set<String> names = new HashSet<>(AdminClientConfig.configNames());
        names.add(CommonClientConfigs.CLIENT_RACK_CONFIG);
        names.add(ConsumerConfig.RECEIVE_BUFFER_CONFIG);
        // The link decides these itself.
        names.removeAll(Arrays.asList(
                AdminClientConfig.BOOTSTRAP_CONTROLLERS_CONFIG,
                AdminClientConfig.METRIC_REPORTER_CLASSES_CONFIG,
                CommonClientConfigs.CLIENT_ID_CONFIG));
        return Set.copyOf(names);
    }

    /**
     * Returns the spec if it says where a mirror may start.
     *
     * @throws LinkException INVALID_CONFIG if not
     */
    public static String checkStartOffsetSpec(String spec) {
        try {
            validateStartOffsetSpec(START_OFFSET_SPEC, spec);
            return spec;
        } catch (ConfigException e) {
            throw LinkException.invalidConfig(e.getMessage() + ".");
        }
    }

    private static void validateRate(String name, Object value) {
        long rate = (Long) value;
        if (rate != -1 && rate != 0 && rate < 1024) {
            throw new ConfigException(name, value, "use at least 1024 bytes per second, or 0 for no limit");
        }
    }

    private static void validateStartOffsetSpec(String name, Object value) {
        String spec = (String) value;
        if (spec.equals(EARLIEST) || spec.equals("latest")) {
            return;
        }
        try {
            Instant.parse(spec);
        } catch (DateTimeParseException e) {
            throw new ConfigException(name, value, "use earliest, latest, or an instant such as 2026-01-31T00:00:00Z");
        }
    }
}

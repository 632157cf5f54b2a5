// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;

/** A destination's links: commanded through the command line, observed with a stock Admin client. */
public final class Links {
    private final TestCluster destination;
    private final Cli cli;

    public Links(TestCluster destination) {
        this.destination = destination;
        this.cli = new Cli(destination.bootstrap());
    }

    public Cli cli() {
        return cli;
    }

    /** Creates a link to {@code source}; configs as {@code key=value}. */
    public void create(String link, TestCluster source, String... configs) {
        List<String> command = new ArrayList<>(List.of("create", "--link", link));
        command.addAll(List.of("--config", "bootstrap.servers=" + source.bootstrap()));
        Arrays.stream(configs).forEach(config -> command.addAll(List.of("--config", config)));
        run(command.toArray(String[]::new));
    }

    /** Creates a mirror and waits until it follows. */
    public void mirror(String link, String topic, String... options) {
        List<String> command = new ArrayList<>(List.of("mirrors", "create", "--link", link, "--topic", topic));
        command.addAll(List.of(options));
        run(command.toArray(String[]::new));
        awaitState(link, topic, MirrorState.ACTIVE);
    }

    /** Runs a command; throws if it fails. */
    public Cli.Result run(String... arguments) {
        return cli.run(arguments).orThrow();
    }

    public MirrorState state(String link, String topic) {
        return MirrorState.valueOf(describe(link, topic).get(WireContract.STATUS_STATE));
    }

    public void awaitState(String link, String topic, MirrorState state) {
        Await.untilPasses(Duration.ofSeconds(60), () -> {
            Map<String, String> entries = describe(link, topic);
            if (!state.name().equals(entries.get(WireContract.STATUS_STATE))) {
                throw new AssertionError(topic + " is not " + state + ": " + entries);
            }
        });
    }

    /** What a stock client reads of a mirror. */
    public Map<String, String> describe(String link, String topic) {
        return Topics.describe(destination.admin(), new LinkResource.Mirror(link, topic).resourceName());
    }

    /** What a stock client reads of a link. */
    public Map<String, String> describe(String link) {
        return Topics.describe(destination.admin(), new LinkResource.Link(link).resourceName());
    }

    /** Statuses of a mirror's partitions. */
    public List<PartitionStatus> partitions(String link, String topic) {
        return describe(link, topic).entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(WireContract.STATUS_PARTITION_PREFIX))
                .map(entry -> Json.read(entry.getValue(), PartitionStatus.class))
                .sorted(Comparator.comparingInt(PartitionStatus::partition))
                .toList();
    }

    /** Whether a failure is the fence's: a policy violation that names the topic and the link. */
    public static boolean isRefusal(Throwable failure, String link, String topic) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PolicyViolationException) {
                return cause.getMessage().contains(link) && cause.getMessage().contains(topic);
            }
        }
        return false;
    }
}

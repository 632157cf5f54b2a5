// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.coordinator.Command.DeleteLink;
import io.clusterlinks.coordinator.Command.PutLink;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.LinkSecrets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/** Creates, alters and deletes links. */
final class LinkCommands {
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(6);

    /** Configs that say nothing about the way to the source; changing them needs no check of it. */
    private static final Set<String> OWN_CONFIGS = LinkConfig.definition().names().stream()
            .filter(name -> !name.equals(LinkConfig.BOOTSTRAP_SERVERS))
            .collect(Collectors.toUnmodifiableSet());

    private final StateWriter writer;
    private final SourceAdmins sources;
    private final LinkSecrets secrets;
    private final LinkThreads workers;
    private final String ownClusterId;
    private final Time time;

    LinkCommands(
            StateWriter writer,
            SourceAdmins sources,
            LinkSecrets secrets,
            LinkThreads workers,
            String ownClusterId,
            Time time) {
        this.writer = writer;
        this.sources = sources;
        this.secrets = secrets;
        this.workers = workers;
        this.ownClusterId = ownClusterId;
        this.time = time;
    }

    /**
     * Creates or alters a link, after its source was checked for real if the way to it is new. A command whose answer was
     * lost comes again: a link that is there just as it is to be created is what was asked for.
     */
    CompletableFuture<Void> put(PutLink command, boolean validateOnly) {
        LinkRecord before = writer.image().link(command.link()).orElse(null);
        if (isRepeated(before, command)) {
            return validateOnly
                    ? CompletableFuture.completedFuture(null)
                    : writer.confirm(image -> decideRepeated(image, command, before))
                            .thenApply(done -> null);
        }
        LinkRecord draft = merge(before, command);
        LinkConfig config = secrets.resolve(draft);
        CompletableFuture<String> clusterId = needsCheck(before, draft)
                ? CompletableFuture.supplyAsync(() -> check(command.link(), config, before), workers.of(command.link()))
                : CompletableFuture.completedFuture(before.sourceClusterId());
        return clusterId.thenCompose(id -> validateOnly
                ? CompletableFuture.completedFuture(null)
                : writer.confirm(image -> decidePut(image, command, before, id)).thenApply(done -> null));
    }

    private List<Change> decidePut(LinkImage image, PutLink command, LinkRecord before, String clusterId) {
        LinkRecord now = image.link(command.link()).orElse(null);
        if (before == null && isRepeated(now, command) && now.sourceClusterId().equals(clusterId)) {
            return List.of();
        }
        requireUnchanged(now, before, command);
        LinkRecord merged = merge(now, command);
        LinkRecord pinned = new LinkRecord(
                merged.version(), merged.link(), clusterId, merged.configs(), merged.deleting(), merged.createdMs());
        return pinned.equals(now) ? List.of() : List.of(Change.put(pinned));
    }

    private boolean isRepeated(LinkRecord there, PutLink command) {
        return there != null
                && command.create()
                && command.delete().isEmpty()
                && !there.deleting()
                && secrets.hasConfigs(there, command.set());
    }

    private static List<Change> decideRepeated(LinkImage image, PutLink command, LinkRecord before) {
        requireUnchanged(image.link(command.link()).orElse(null), before, command);
        return List.of();
    }

    private static void requireUnchanged(LinkRecord now, LinkRecord before, PutLink command) {
        if (!Objects.equals(now, before)) {
            throw new LinkException(
                    Errors.INVALID_UPDATE_VERSION,
                    "Link '" + command.link() + "' was changed by another command meanwhile. Repeat the command.");
        }
    }

    /** The record that {@code command} asks for, secrets encrypted. */
    private LinkRecord merge(LinkRecord before, PutLink command) {
        String link = command.link();
        if (before == null && !command.set().containsKey(LinkConfig.BOOTSTRAP_SERVERS)) {
            if (command.create()) {
                throw LinkException.invalidConfig("Link '" + link + "' needs " + LinkConfig.BOOTSTRAP_SERVERS
                        + ": where its source cluster is reached.");
            }
            throw unknown(link);
        }
        if (before != null && command.create()) {
            throw new LinkException(
                    Errors.DUPLICATE_RESOURCE,
                    "Link '" + link + "' exists already. Use alter to change it, or another name.");
        }
        if (before != null && before.deleting()) {
            throw LinkException.invalid("Link '" + link + "' is being deleted.");
        }
        Map<String, String> configs = new HashMap<>(before == null ? Map.of() : before.configs());
        configs.keySet().removeAll(command.delete());
        configs.putAll(secrets.protect(link, command.set()));
        refuseFixed(before, configs);
        return before == null
                ? new LinkRecord(StateRecord.VERSION, link, null, configs, false, time.milliseconds())
                : before.withConfigs(configs);
    }

    private static void refuseFixed(LinkRecord before, Map<String, String> configs) {
        if (before == null) {
            return;
        }
        String old = before.configs().getOrDefault(LinkConfig.PREFIX, "");
        if (!old.equals(configs.getOrDefault(LinkConfig.PREFIX, ""))) {
            throw LinkException.invalidConfig(LinkConfig.PREFIX + " of link '" + before.link() + "' is fixed at '" + old
                    + "': mirrors are named after it. Create another link instead.");
        }
        String groups = before.configs().getOrDefault(LinkConfig.GROUP_PREFIX_ENABLE, "false");
        if (!groups.equalsIgnoreCase(configs.getOrDefault(LinkConfig.GROUP_PREFIX_ENABLE, "false"))) {
            throw LinkException.invalidConfig(LinkConfig.GROUP_PREFIX_ENABLE + " of link '" + before.link()
                    + "' is fixed at " + groups + ": groups are named after it. Create another link instead.");
        }
    }

    private static boolean needsCheck(LinkRecord before, LinkRecord after) {
        if (before == null) {
            return true;
        }
        Map<String, String> old = new HashMap<>(before.configs());
        Map<String, String> now = new HashMap<>(after.configs());
        old.keySet().removeAll(OWN_CONFIGS);
        now.keySet().removeAll(OWN_CONFIGS);
        return !old.equals(now);
    }

    private String check(String link, LinkConfig config, LinkRecord before) {
        try (SourceAdmin source = sources.tryOut(link, config)) {
            String clusterId = source.check(CHECK_TIMEOUT);
            String address = String.join(",", config.getList(LinkConfig.BOOTSTRAP_SERVERS));
            if (clusterId.equals(ownClusterId)) {
                throw LinkException.invalidConfig("The source of link '" + link + "' at " + address
                        + " is this cluster itself (cluster id " + clusterId + "). Point "
                        + LinkConfig.BOOTSTRAP_SERVERS + " at another cluster.");
            }
            if (before != null && !clusterId.equals(before.sourceClusterId())) {
                throw LinkException.invalidConfig("Link '" + link + "' belongs to source cluster "
                        + before.sourceClusterId() + ", but cluster " + clusterId + " answers at " + address
                        + ". Create another link for it.");
            }
            return clusterId;
        }
    }

    /** Ends a link; with force, marks it and fails its mirrors over, and the reconciler ends it when they stopped. */
    CompletableFuture<Void> delete(DeleteLink command, boolean validateOnly) {
        decideDelete(writer.image(), command);
        if (validateOnly) {
            return CompletableFuture.completedFuture(null);
        }
        return writer.commit(image -> decideDelete(image, command)).thenApply(image -> null);
    }

    private List<Change> decideDelete(LinkImage image, DeleteLink command) {
        LinkRecord link = image.link(command.link()).orElseThrow(() -> unknown(command.link()));
        List<MirrorRecord> open = image.mirrorsOf(link.link())
                .filter(mirror -> mirror.state() != MirrorState.STOPPED)
                .toList();
        if (open.isEmpty()) {
            return MirrorTransitions.endLink(image, link);
        }
        if (!command.force()) {
            throw new LinkException(Errors.POLICY_VIOLATION, refusal(link, open));
        }
        List<Change> changes = new ArrayList<>();
        changes.add(Change.put(link.withDeleting()));
        for (MirrorRecord mirror : open) {
            changes.addAll(MirrorTransitions.stop(image, mirror, StopMode.FAILOVER, time.milliseconds()));
        }
        return changes;
    }

    private static String refusal(LinkRecord link, List<MirrorRecord> open) {
        String some = open.stream().map(MirrorRecord::topic).sorted().limit(5).collect(Collectors.joining(", "));
        return "Link '" + link.link() + "' has " + open.size() + " mirror topics that are not stopped: " + some
                + (open.size() > 5 ? ", ..." : "") + ". Promote them or fail them over first, or delete with --force,"
                + " which fails them over.";
    }

    static LinkException unknown(String link) {
        return LinkException.notFound(
                "Link '" + link + "' does not exist. List the links there are: kafka-cluster-links.sh list.");
    }
}

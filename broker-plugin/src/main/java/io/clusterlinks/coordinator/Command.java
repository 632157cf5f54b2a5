// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.DesiredState;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What an operator asks of one link or one mirror; parsed and authorized, not yet held against the state. */
public sealed interface Command {
    String link();

    /**
     * Creates or alters a link.
     *
     * @param create fail if it exists
     * @param set configs to set
     * @param delete configs to return to their default
     */
    record PutLink(String link, boolean create, Map<String, String> set, Set<String> delete) implements Command {}

    /** Ends a link; with {@code force} its mirrors are failed over first. */
    record DeleteLink(String link, boolean force) implements Command {}

    /**
     * Creates a mirror topic.
     *
     * @param sourceTopic empty for the mirror's name without the link's prefix
     * @param replicationFactor -1 for the cluster's default
     * @param startOffsetSpec empty for the link's
     * @param configs topic configs that do not follow the source
     * @param adopt take over the topic that is here
     */
    record CreateMirror(
            String link,
            String topic,
            Optional<String> sourceTopic,
            short replicationFactor,
            Optional<String> startOffsetSpec,
            Map<String, String> configs,
            boolean adopt)
            implements Command {}

    /** Has failed partitions of a mirror try again, from the last offset in common with the source. */
    record RepairMirror(String link, String topic) implements Command {}

    /** Changes what is wanted of a mirror: ACTIVE, PAUSED, PROMOTED or FAILED_OVER. */
    record SetMirrorState(String link, String topic, DesiredState desired) implements Command {}
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.TaskStatus;
import io.clusterlinks.protocol.ThrottleStatus;
import java.util.List;

/**
 * One link as its cluster sees it.
 *
 * @param link its name
 * @param desiredState what an operator wants of it
 * @param state the state as shown
 * @param reason why, and what to do, if the state is not a healthy one; null otherwise
 * @param sinceMs when the state was entered, milliseconds since the epoch, -1 if unknown
 * @param sourceClusterId cluster id of the source, pinned at creation
 * @param configs every link config, sorted by name
 * @param mirrors its mirror topics, sorted by name
 * @param tasks its periodic tasks, sorted by name
 * @param throttle how long its fetchers have waited for limits
 */
public record LinkDescription(
        String link,
        DesiredState desiredState,
        LinkState state,
        String reason,
        long sinceMs,
        String sourceClusterId,
        List<LinkConfigValue> configs,
        List<MirrorSummary> mirrors,
        List<TaskStatus> tasks,
        ThrottleStatus throttle) {
    public LinkDescription {
        configs = List.copyOf(configs);
        mirrors = List.copyOf(mirrors);
        tasks = List.copyOf(tasks);
    }
}

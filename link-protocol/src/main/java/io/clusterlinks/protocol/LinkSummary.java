// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import java.util.Map;

/**
 * One link in the entry {@code link.NAME} of the index.
 *
 * @param link its name
 * @param state the state as shown
 * @param bootstrapServers where the source is reached
 * @param sourceClusterId cluster id of the source
 * @param mirrors number of mirror topics by state, states without any left out
 * @param reason why, if the state is not a healthy one; null otherwise
 */
public record LinkSummary(
        String link,
        LinkState state,
        String bootstrapServers,
        String sourceClusterId,
        Map<MirrorState, Integer> mirrors,
        String reason) {}

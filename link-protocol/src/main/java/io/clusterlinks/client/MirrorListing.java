// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.MirrorSummary;

/**
 * One mirror topic in a list.
 *
 * @param link the link it belongs to
 * @param summary the topic
 */
public record MirrorListing(String link, MirrorSummary summary) {
    /** The topic's name at the destination. */
    public String topic() {
        return summary.topic();
    }
}

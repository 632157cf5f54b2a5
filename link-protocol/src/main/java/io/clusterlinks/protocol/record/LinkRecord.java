// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import java.util.Map;

/**
 * A link as an operator wants it.
 *
 * @param version schema, see {@link StateRecord#VERSION}
 * @param link its name
 * @param sourceClusterId cluster id of the source, pinned at creation
 * @param configs the link configs that were set; values of sensitive ones encrypted
 * @param deleting a forced deletion was accepted: mirrors are failing over, then the link ends
 * @param createdMs creation time, milliseconds since the epoch
 */
public record LinkRecord(
        int version, String link, String sourceClusterId, Map<String, String> configs, boolean deleting, long createdMs)
        implements StateRecord {
    public LinkRecord {
        configs = Map.copyOf(configs);
    }

    @Override
    public StateKey key() {
        return new StateKey.OfLink(link);
    }

    public LinkRecord withConfigs(Map<String, String> newConfigs) {
        return new LinkRecord(version, link, sourceClusterId, newConfigs, deleting, createdMs);
    }

    public LinkRecord withDeleting() {
        return new LinkRecord(version, link, sourceClusterId, configs, true, createdMs);
    }
}

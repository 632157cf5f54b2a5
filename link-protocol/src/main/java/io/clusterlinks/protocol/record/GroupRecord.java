// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

/**
 * A group of the source that a link follows. Written when it is first seen there, and gone when it is gone on both sides
 * or followed no more: by it a new coordinator knows which groups the source has deleted. Where they stand is not kept.
 *
 * @param version schema, see {@link StateRecord#VERSION}
 * @param link the link that follows it
 * @param kind {@code consumer} or {@code share}
 * @param group its name at the source
 */
public record GroupRecord(int version, String link, String kind, String group) implements StateRecord {
    /** Names may hold any character, so the key holds a digest. */
    @Override
    public StateKey key() {
        return new StateKey.OfGroup(link, Digest.of(kind, group));
    }
}

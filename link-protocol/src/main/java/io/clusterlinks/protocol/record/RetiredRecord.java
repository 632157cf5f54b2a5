// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

/**
 * A source topic that was mirrored over a link until somebody ended that here: discovery does not mirror it again. Gone
 * when the topic is mirrored on request, and with the link.
 *
 * @param version schema, see {@link StateRecord#VERSION}
 * @param link the link
 * @param sourceTopic name at the source
 * @param topic name that the mirror had at the destination
 * @param sinceMs when it ended, milliseconds since the epoch
 */
public record RetiredRecord(int version, String link, String sourceTopic, String topic, long sinceMs)
        implements StateRecord {
    @Override
    public StateKey key() {
        return new StateKey.OfRetired(link, sourceTopic);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import io.clusterlinks.protocol.LinkException;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * The key of a state record, as text.
 *
 * <pre>
 * link/LINK
 * mirror/TOPIC
 * partition/TOPIC/N
 * retired/LINK/SOURCE_TOPIC
 * acl/LINK/DIGEST
 * group/LINK/DIGEST
 * </pre>
 *
 * TOPIC is the name at the destination, so no two links can claim one topic.
 */
public sealed interface StateKey {
    String text();

    /** Key of a {@link LinkRecord}. */
    record OfLink(String link) implements StateKey {
        @Override
        public String text() {
            return "link/" + link;
        }
    }

    /** Key of a {@link MirrorRecord}. */
    record OfMirror(String topic) implements StateKey {
        @Override
        public String text() {
            return "mirror/" + topic;
        }
    }

    /** Key of a {@link PartitionRecord}. */
    record OfPartition(String topic, int partition) implements StateKey {
        @Override
        public String text() {
            return "partition/" + topic + "/" + partition;
        }
    }

    /** Key of a {@link RetiredRecord}. */
    record OfRetired(String link, String sourceTopic) implements StateKey {
        @Override
        public String text() {
            return "retired/" + link + "/" + sourceTopic;
        }
    }

    /** Key of an {@link AclRecord}. */
    record OfAcl(String link, String digest) implements StateKey {
        @Override
        public String text() {
            return "acl/" + link + "/" + digest;
        }
    }

    /** Key of a {@link GroupRecord}. */
    record OfGroup(String link, String digest) implements StateKey {
        @Override
        public String text() {
            return "group/" + link + "/" + digest;
        }
    }

    /** Parses a key. @throws LinkException CORRUPT_MESSAGE if it is of no known form */
    static StateKey parse(String text) {
        String[] parts = text.split("/", -1);
        if (List.of(parts).contains("")) {
            throw new LinkException(Errors.CORRUPT_MESSAGE, "Not a state key: " + text);
        }
        try {
            if (parts.length == 2 && parts[0].equals("link")) {
                return new OfLink(parts[1]);
            }
            if (parts.length == 2 && parts[0].equals("mirror")) {
                return new OfMirror(parts[1]);
            }
            if (parts.length == 3 && parts[0].equals("partition")) {
                return new OfPartition(parts[1], Integer.parseInt(parts[2]));
            }
            if (parts.length == 3 && parts[0].equals("retired")) {
                return new OfRetired(parts[1], parts[2]);
            }
            if (parts.length == 3 && parts[0].equals("acl")) {
                return new OfAcl(parts[1], parts[2]);
            }
            if (parts.length == 3 && parts[0].equals("group")) {
                return new OfGroup(parts[1], parts[2]);
            }
        } catch (NumberFormatException e) {
            throw new LinkException(Errors.CORRUPT_MESSAGE, "Not a state key: " + text, e);
        }
        throw new LinkException(Errors.CORRUPT_MESSAGE, "Not a state key: " + text);
    }
}

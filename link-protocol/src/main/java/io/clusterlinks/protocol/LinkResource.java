// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;

/**
 * A thing that is addressed as a config resource of type TOPIC with a reserved name, so that any Kafka admin client
 * can read and change it.
 *
 * <pre>
 * __cluster_links                       the index of links
 * __cluster_link.LINK                   one link
 * __cluster_link.LINK.topic.TOPIC       one mirror topic (TOPIC is its name at the destination)
 * __cluster_link.LINK.groups            the index of mirrored consumer groups
 * __cluster_link.LINK.group.GROUP       one mirrored consumer group
 * __cluster_link.LINK.acls              the ACLs that the link created
 * </pre>
 */
public sealed interface LinkResource {
    /** Name of the index resource, and of the internal topic that holds the state. */
    String INDEX_NAME = "__cluster_links";

    /** Every other reserved name begins with this. */
    String PREFIX = "__cluster_link.";

    Pattern LINK_NAME = Pattern.compile("[a-zA-Z0-9_-]{1,100}");

    /** The reserved resource name. */
    String resourceName();

    default ConfigResource configResource() {
        return new ConfigResource(ConfigResource.Type.TOPIC, resourceName());
    }

    /** The index of all links. */
    record Index() implements LinkResource {
        @Override
        public String resourceName() {
            return INDEX_NAME;
        }
    }

    /** One link. */
    record Link(String link) implements LinkResource {
        @Override
        public String resourceName() {
            return PREFIX + link;
        }
    }

    /** One mirror topic of a link, by its name at the destination. */
    record Mirror(String link, String topic) implements LinkResource {
        @Override
        public String resourceName() {
            return PREFIX + link + ".topic." + topic;
        }
    }

    /** One mirrored consumer group of a link. */
    record Group(String link, String group) implements LinkResource {
        @Override
        public String resourceName() {
            return PREFIX + link + ".group." + group;
        }
    }

    /** All mirrored consumer groups of a link. */
    record Groups(String link) implements LinkResource {
        @Override
        public String resourceName() {
            return PREFIX + link + ".groups";
        }
    }

    /** All ACLs that a link created. */
    record Acls(String link) implements LinkResource {
        @Override
        public String resourceName() {
            return PREFIX + link + ".acls";
        }
    }

    static boolean isReserved(String resourceName) {
        return resourceName.equals(INDEX_NAME) || resourceName.startsWith(PREFIX);
    }

    /**
     * The resource that a name addresses; empty if the name is not reserved.
     *
     * @throws LinkException INVALID_REQUEST if the name is reserved but malformed
     */
    static Optional<LinkResource> parse(String name) {
        if (name.equals(INDEX_NAME)) {
            return Optional.of(new Index());
        }
        if (!name.startsWith(PREFIX)) {
            return Optional.empty();
        }
        String[] parts = name.substring(PREFIX.length()).split("\\.", 3);
        String link = validateLinkName(parts[0]);
        if (parts.length == 1) {
            return Optional.of(new Link(link));
        }
        if (parts.length == 2 && parts[1].equals("groups")) {
            return Optional.of(new Groups(link));
        }
        if (parts.length == 2 && parts[1].equals("acls")) {
            return Optional.of(new Acls(link));
        }
        if (parts.length == 3 && parts[1].equals("topic")) {
            return Optional.of(new Mirror(link, validateTopicName(parts[2])));
        }
        if (parts.length == 3 && parts[1].equals("group") && !parts[2].isEmpty()) {
            return Optional.of(new Group(link, parts[2]));
        }
        throw LinkException.invalid(
                "'" + name + "' is not a link resource; use " + PREFIX + "LINK, " + PREFIX + "LINK.topic.TOPIC, "
                        + PREFIX + "LINK.group.GROUP, " + PREFIX + "LINK.groups or " + PREFIX + "LINK.acls.");
    }

    /**
     * Returns the name if it may name a link.
     *
     * @throws LinkException INVALID_REQUEST if not
     */
    static String validateLinkName(String link) {
        if (!LINK_NAME.matcher(link).matches()) {
            throw LinkException.invalid("Link name '" + link + "' is not allowed: use 1 to 100 of the characters a-z,"
                    + " A-Z, 0-9, '_' and '-'.");
        }
        return link;
    }

    /**
     * Returns the name if it may name a mirror topic.
     *
     * @throws LinkException INVALID_TOPIC_EXCEPTION if not
     */
    static String validateTopicName(String topic) {
        try {
            Topic.validate(topic);
        } catch (InvalidTopicException e) {
            throw new LinkException(
                    org.apache.kafka.common.protocol.Errors.INVALID_TOPIC_EXCEPTION,
                    "Topic name '" + topic + "' is not allowed: " + e.getMessage() + ".",
                    e);
        }
        return topic;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.filter;

import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Which ACLs of a source a link takes over: those that any filter matches. What is left out means any.
 *
 * <pre>
 * {"aclFilters": [{"resourceFilter": {"resourceType": "topic", "name": "orders", "patternType": "literal"},
 *                  "accessFilter":   {"principal": "User:alice", "host": "*", "operation": "read",
 *                                     "permissionType": "allow"}}]}
 * </pre>
 */
public final class AclFilters {
    private static final Set<String> FIELDS = Set.of("resourceFilter", "accessFilter");
    private static final Set<String> RESOURCE_FIELDS = Set.of("resourceType", "name", "patternType");
    private static final Set<String> ACCESS_FIELDS = Set.of("principal", "host", "operation", "permissionType");

    private AclFilters() {}

    /**
     * Parses filters.
     *
     * @param key the config they are the value of
     * @param json the value; empty for no filters
     * @throws LinkException INVALID_CONFIG, naming the key and the place
     */
    public static List<AclBindingFilter> parse(String key, String json) {
        if (json.isBlank()) {
            return List.of();
        }
        List<AclBindingFilter> filters = new ArrayList<>();
        for (FilterJson element : FilterJson.elements(key, json, "aclFilters")) {
            element.object(FIELDS);
            filters.add(new AclBindingFilter(
                    resource(element.child("resourceFilter")), access(element.child("accessFilter"))));
        }
        if (filters.isEmpty()) {
            throw LinkException.invalidConfig(key + ": $.aclFilters is empty; add a filter, {} means every ACL.");
        }
        return List.copyOf(filters);
    }

    private static ResourcePatternFilter resource(FilterJson json) {
        if (json.isMissing()) {
            return ResourcePatternFilter.ANY;
        }
        json.object(RESOURCE_FIELDS);
        return new ResourcePatternFilter(
                json.choice(
                        "resourceType",
                        ResourceType.class,
                        EnumSet.complementOf(EnumSet.of(ResourceType.UNKNOWN)),
                        ResourceType.ANY),
                json.text("name"),
                json.choice(
                        "patternType",
                        PatternType.class,
                        EnumSet.complementOf(EnumSet.of(PatternType.UNKNOWN)),
                        PatternType.ANY));
    }

    private static AccessControlEntryFilter access(FilterJson json) {
        if (json.isMissing()) {
            return AccessControlEntryFilter.ANY;
        }
        json.object(ACCESS_FIELDS);
        return new AccessControlEntryFilter(
                json.text("principal"),
                json.text("host"),
                json.choice(
                        "operation",
                        AclOperation.class,
                        EnumSet.complementOf(EnumSet.of(AclOperation.UNKNOWN)),
                        AclOperation.ANY),
                json.choice(
                        "permissionType",
                        AclPermissionType.class,
                        EnumSet.complementOf(EnumSet.of(AclPermissionType.UNKNOWN)),
                        AclPermissionType.ANY));
    }
}

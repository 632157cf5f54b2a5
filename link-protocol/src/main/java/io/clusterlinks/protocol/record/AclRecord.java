// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * An ACL of the destination that a link created, and may remove when the source drops it. Written before the ACL is
 * created, so that it may not exist yet.
 *
 * @param version schema, see {@link StateRecord#VERSION}
 * @param link the link that created it
 */
public record AclRecord(
        int version,
        String link,
        String resourceType,
        String resourceName,
        String patternType,
        String principal,
        String host,
        String operation,
        String permissionType)
        implements StateRecord {
    public static AclRecord of(String link, AclBinding acl) {
        return new AclRecord(
                VERSION,
                link,
                acl.pattern().resourceType().name(),
                acl.pattern().name(),
                acl.pattern().patternType().name(),
                acl.entry().principal(),
                acl.entry().host(),
                acl.entry().operation().name(),
                acl.entry().permissionType().name());
    }

    public AclBinding binding() {
        return new AclBinding(
                new ResourcePattern(ResourceType.valueOf(resourceType), resourceName, PatternType.valueOf(patternType)),
                new AccessControlEntry(
                        principal, host, AclOperation.valueOf(operation), AclPermissionType.valueOf(permissionType)));
    }

    /** Names and principals may hold any character, so the key holds a digest of them. */
    @Override
    public StateKey key() {
        return new StateKey.OfAcl(
                link, Digest.of(resourceType, resourceName, patternType, principal, host, operation, permissionType));
    }
}

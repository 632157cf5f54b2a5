// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;

/** What one request asks of one link resource, as it stood on the wire. */
record Alteration(LinkResource resource, List<Op> ops) {

    /** One entry; {@code value} is null for DELETE. */
    record Op(String name, OpType type, String value) {}

    /** What says no more than what is wanted of something that is there: to decide that takes no source. */
    private static final Set<String> OF_DESIRED_STATE =
            Set.of(WireContract.DESIRED_STATE, WireContract.FORCE, WireContract.REPAIR);

    boolean takesNoSource() {
        return ops.stream().allMatch(op -> OF_DESIRED_STATE.contains(op.name()));
    }

    boolean isDeletion() {
        return ops.stream()
                .anyMatch(op -> op.name().equals(WireContract.DESIRED_STATE)
                        && DesiredState.DELETED.name().equalsIgnoreCase(op.value()));
    }

    String name() {
        return resource.resourceName();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.protocol.LinkResource;
import java.util.List;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;

/** What one request asks of one link resource, as it stood on the wire. */
record Alteration(LinkResource resource, List<Op> ops) {

    /** One entry; {@code value} is null for DELETE. */
    record Op(String name, OpType type, String value) {}

    String name() {
        return resource.resourceName();
    }
}

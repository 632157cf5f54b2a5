// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;

/** Makes the clients of a source cluster. */
public interface SourceClients {
    SourceAdmin admin(String link, LinkConfig config);
}

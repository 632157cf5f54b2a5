// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;

/** Turns a link's stored configs into usable ones: secrets decrypted, config providers resolved on this broker. */
@FunctionalInterface
public interface LinkConfigResolver {
    /**
     * The usable configs of a link.
     *
     * @throws io.clusterlinks.protocol.LinkException INVALID_CONFIG, naming the key, if one cannot be resolved here
     */
    LinkConfig resolve(LinkRecord link);
}

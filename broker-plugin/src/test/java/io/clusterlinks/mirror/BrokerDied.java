// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

/** A simulated broker dies at this very instant. An error, so that nothing of the product's goes on in spite of it. */
final class BrokerDied extends Error {
    private static final long serialVersionUID = 1L;

    BrokerDied() {
        super("killed", null, false, false);
    }
}

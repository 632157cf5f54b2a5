// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

/** Hook points are missing in a class of the broker. */
final class UnsupportedBrokerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnsupportedBrokerException(String message) {
        super(message);
    }
}

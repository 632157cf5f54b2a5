// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkConfig;

/**
 * One entry of a described resource.
 *
 * @param value null if it is sensitive
 * @param isDefault whether nobody set it
 */
public record Entry(String name, String value, boolean isDefault, boolean isReadOnly, boolean isSensitive) {
    static Entry config(String name, String value) {
        boolean sensitive = LinkConfig.isSensitive(name);
        return new Entry(name, sensitive ? null : value, false, false, sensitive);
    }

    static Entry byDefault(String name, String value) {
        return new Entry(name, value, true, false, false);
    }

    static Entry status(String name, String value) {
        return new Entry(name, value, false, true, false);
    }
}

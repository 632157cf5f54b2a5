// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.protocol.LinkException;
import java.util.List;
import java.util.function.Supplier;

/** What is known of one resource, or why it is not; one of both is null. */
record Described(List<Entry> entries, LinkException failure) {
    static Described of(Supplier<List<Entry>> resource) {
        try {
            return new Described(resource.get(), null);
        } catch (LinkException e) {
            return new Described(null, e);
        }
    }

    List<Entry> orThrow() {
        if (failure != null) {
            throw failure;
        }
        return entries;
    }
}

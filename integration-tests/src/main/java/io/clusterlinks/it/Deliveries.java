// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Counts how often each record was delivered, to whatever consumer on whatever side. Thread-safe. */
public final class Deliveries {
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private final AtomicLong total = new AtomicLong();

    void delivered(String value) {
        counts.merge(value, 1, Integer::sum);
        total.incrementAndGet();
    }

    public long count() {
        return total.get();
    }

    public int distinct() {
        return counts.size();
    }

    public Set<String> values() {
        return Set.copyOf(counts.keySet());
    }

    /** What came more than once, with how often. */
    public Map<String, Integer> repeated() {
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() > 1)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Numbers as people read them; values below 0 stand for unknown. */
final class Units {
    private static final String UNKNOWN = "-";

    private Units() {}

    static String count(long value) {
        return value < 0 ? UNKNOWN : String.format(Locale.ROOT, "%,d", value);
    }

    static String id(long value) {
        return value < 0 ? UNKNOWN : Long.toString(value);
    }

    static String duration(long ms) {
        if (ms < 0) {
            return UNKNOWN;
        }
        long seconds = ms / 1000;
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
        }
        if (seconds < 3600) {
            return seconds / 60 + " m " + seconds % 60 + " s";
        }
        if (seconds < 86_400) {
            return seconds / 3600 + " h " + seconds % 3600 / 60 + " m";
        }
        return seconds / 86_400 + " d " + seconds % 86_400 / 3600 + " h";
    }

    static String bytes(long bytes) {
        if (bytes < 0) {
            return UNKNOWN;
        }
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 4) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %siB", value, "KMGTP".charAt(unit));
    }

    static String ago(long timestampMs, long nowMs) {
        return timestampMs < 0 ? UNKNOWN : duration(Math.max(0, nowMs - timestampMs)) + " ago";
    }

    static String instant(long timestampMs) {
        return timestampMs < 0
                ? UNKNOWN
                : Instant.ofEpochMilli(timestampMs)
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString();
    }

    static String lag(long records, long ms) {
        if (records < 0) {
            return "lag unknown";
        }
        return "lag " + count(records) + " records" + (ms < 0 ? "" : ", " + duration(ms));
    }
}

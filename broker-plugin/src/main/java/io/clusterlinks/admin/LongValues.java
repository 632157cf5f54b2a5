// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What brokers tell each other in one value may be longer than a string of Kafka's protocol can be (32,767 bytes). It
 * goes in pieces: as ops of the same name, one after the other.
 */
final class LongValues {
    /** A char takes up to three bytes. */
    static final int MAX_CHARS = Short.MAX_VALUE / 3;

    private LongValues() {}

    /** The op itself if its value is short. */
    static List<Op> split(Op op) {
        String value = op.value();
        if (value == null || value.length() <= MAX_CHARS) {
            return List.of(op);
        }
        List<Op> pieces = new ArrayList<>();
        for (int from = 0; from < value.length(); ) {
            int to = endOfPiece(value, from);
            pieces.add(new Op(op.name(), op.type(), value.substring(from, to)));
            from = to;
        }
        return pieces;
    }

    /** The two chars of a surrogate pair stay together: each alone cannot be encoded. */
    private static int endOfPiece(String value, int from) {
        int to = Math.min(from + MAX_CHARS, value.length());
        return to < value.length() && Character.isHighSurrogate(value.charAt(to - 1)) ? to - 1 : to;
    }

    /** The value that {@code name} had before it was split. */
    static String joined(List<Op> ops, String name) {
        return ops.stream().filter(op -> op.name().equals(name)).map(Op::value).collect(Collectors.joining());
    }
}

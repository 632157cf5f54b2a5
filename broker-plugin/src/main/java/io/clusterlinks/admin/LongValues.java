// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.protocol.WireContract;
import java.util.ArrayList;
import java.util.List;

/**
 * What brokers tell each other in one value may be longer than a string of Kafka's protocol can be (32,767 bytes). It
 * goes in pieces: the first one under the value's name, each of the others as {@link WireContract#CONTINUED} after it.
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
            String name = from == 0 ? op.name() : WireContract.CONTINUED;
            pieces.add(new Op(name, op.type(), value.substring(from, to)));
            from = to;
        }
        return pieces;
    }

    /** The two chars of a surrogate pair stay together: each alone cannot be encoded. */
    private static int endOfPiece(String value, int from) {
        int to = Math.min(from + MAX_CHARS, value.length());
        return to < value.length() && Character.isHighSurrogate(value.charAt(to - 1)) ? to - 1 : to;
    }

    /** The ops as they were before they were split. */
    static List<Op> join(List<Op> pieces) {
        List<Op> ops = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        for (int i = 0; i < pieces.size(); i++) {
            Op op = pieces.get(i);
            value.setLength(0);
            for (; i + 1 < pieces.size() && pieces.get(i + 1).name().equals(WireContract.CONTINUED); i++) {
                value.append(pieces.get(i + 1).value());
            }
            ops.add(value.isEmpty() ? op : new Op(op.name(), op.type(), op.value() + value));
        }
        return ops;
    }
}

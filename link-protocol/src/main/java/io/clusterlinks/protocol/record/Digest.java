// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** Stands in a key for names that may hold any character. */
final class Digest {
    private static final int BYTES = 16;

    private Digest() {}

    static String of(String... names) {
        String text = String.join("\n", names);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(Arrays.copyOf(digest, BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This JVM has no SHA-256", e);
        }
    }
}

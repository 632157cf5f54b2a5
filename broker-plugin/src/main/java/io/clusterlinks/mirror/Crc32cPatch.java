// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

/**
 * The CRC-32C of a message in which a few bytes changed, without reading the rest of it.
 *
 * <p>A CRC is linear: for messages a, b of equal length {@code crc(a) ^ crc(b) = raw(a ^ b)}, where {@code raw} has no
 * initial value and no final complement. {@code a ^ b} is zero but for the changed bytes; zeros in front do not count,
 * and {@code n} zeros behind multiply by {@code x^(8n)} modulo the polynomial, which takes O(log n) steps.
 */
final class Crc32cPatch {
    /** Castagnoli's polynomial, bits reflected: the highest bit is the coefficient of x^0. */
    private static final int POLYNOMIAL = 0x82F63B78;

    private static final int ONE = 1 << 31;
    /** {@code POWERS[k] = x^(2^k)}; 8 times the longest array needs 34 of them. */
    private static final int[] POWERS = powers();

    private Crc32cPatch() {}

    /**
     * CRC of a message after eight of its bytes changed.
     *
     * @param crc CRC-32C of the message as it was
     * @param before the eight bytes as they were, the first one in the highest bits
     * @param after the eight bytes as they are now
     * @param bytesAfter number of bytes of the message that follow them
     */
    static int patch(int crc, long before, long after, long bytesAfter) {
        return crc ^ multiply(powerOfX(bytesAfter, 3), raw(before ^ after));
    }

    private static int raw(long bytes) {
        int crc = 0;
        for (int shift = 56; shift >= 0; shift -= 8) {
            crc ^= (int) (bytes >>> shift) & 0xFF;
            for (int bit = 0; bit < 8; bit++) {
                crc = timesX(crc);
            }
        }
        return crc;
    }

    private static int timesX(int a) {
        return (a & 1) == 0 ? a >>> 1 : (a >>> 1) ^ POLYNOMIAL;
    }

    /** {@code a * b} modulo the polynomial. */
    private static int multiply(int a, int b) {
        int product = 0;
        int rest = a;
        int shifted = b;
        while (rest != 0) {
            if ((rest & ONE) != 0) {
                product ^= shifted;
            }
            rest <<= 1;
            shifted = timesX(shifted);
        }
        return product;
    }

    /** {@code x^(n * 2^k)} modulo the polynomial. */
    private static int powerOfX(long n, int k) {
        int power = ONE;
        int index = k;
        for (long rest = n; rest != 0; rest >>>= 1) {
            if ((rest & 1) != 0) {
                power = multiply(POWERS[index], power);
            }
            index++;
        }
        return power;
    }

    private static int[] powers() {
        int[] powers = new int[40];
        powers[0] = ONE >>> 1;
        for (int k = 1; k < powers.length; k++) {
            powers[k] = multiply(powers[k - 1], powers[k - 1]);
        }
        return powers;
    }
}

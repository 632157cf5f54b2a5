// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class Crc32cPatchTest {
    @Property
    void equalsFullRecomputation(
            @ForAll @Size(max = 300) byte[] before,
            @ForAll @Size(max = 300) byte[] behind,
            @ForAll long was,
            @ForAll long is) {
        int patched = Crc32cPatch.patch(crc(before, was, behind), was, is, behind.length);

        assertThat(patched).isEqualTo(crc(before, is, behind));
    }

    @Property(tries = 30)
    void equalsFullRecomputationForLargeMessages(@ForAll @IntRange(max = 3_000_000) int behind, @ForAll long is) {
        byte[] bytes = new byte[behind];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }

        assertThat(Crc32cPatch.patch(crc(new byte[22], 7, bytes), 7, is, behind))
                .isEqualTo(crc(new byte[22], is, bytes));
    }

    @Test
    void aChangeOfNothingChangesNothing() {
        assertThat(Crc32cPatch.patch(0x1234_5678, 42, 42, Integer.MAX_VALUE)).isEqualTo(0x1234_5678);
    }

    private static int crc(byte[] before, long eight, byte[] behind) {
        CRC32C crc = new CRC32C();
        crc.update(before);
        crc.update(ByteBuffer.allocate(8).putLong(eight).array());
        crc.update(behind);
        return (int) crc.getValue();
    }
}

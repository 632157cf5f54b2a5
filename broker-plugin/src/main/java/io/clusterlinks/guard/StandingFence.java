// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import io.clusterlinks.host.WriteFence;
import io.clusterlinks.state.LinkImage;
import java.util.function.Supplier;

/** The fence that stands now: that of the newest image, and a stricter one while this broker is in doubt. Thread-safe. */
public final class StandingFence implements Supplier<WriteFence> {
    private WriteFence ofImage = WriteFence.OPEN;
    /** Which partitions are no mirrors unless the image says so; null while that holds for all. */
    private DoubtfulFence.Known known;

    private volatile WriteFence standing = ofImage;

    @Override
    public WriteFence get() {
        return standing;
    }

    /** A newer image; {@code current} as for {@link MirrorFence}. */
    public synchronized void onImage(LinkImage image, boolean current) {
        ofImage = new MirrorFence(image, current);
        stand();
    }

    /** From here on other partitions than those may be mirrors that the image does not hold. */
    synchronized void doubt(DoubtfulFence.Known knownPartitions) {
        known = knownPartitions;
        stand();
    }

    /** The image holds every mirror again. */
    synchronized void trust() {
        known = null;
        stand();
    }

    private void stand() {
        standing = known == null ? ofImage : new DoubtfulFence(ofImage, known);
    }
}

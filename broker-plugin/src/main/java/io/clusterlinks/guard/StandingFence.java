// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import io.clusterlinks.host.WriteFence;
import io.clusterlinks.state.LinkImage;
import java.util.function.Supplier;

/** The fence that stands now: that of the newest image, and a stricter one while this broker is in doubt. Thread-safe. */
public final class StandingFence implements Supplier<WriteFence> {
    private WriteFence ofImage = WriteFence.OPEN;
    /** The same for as long as its mirrors may have been promoted without this broker's knowing. */
    private WriteFence inDoubt = WriteFence.OPEN;
    /** Which partitions are no mirrors unless the image says so; null while that holds for all. */
    private DoubtfulFence.Known known;

    private volatile WriteFence standing = ofImage;
    private volatile long imageOffset = -1;
    private volatile Runnable lookout = () -> {};

    @Override
    public WriteFence get() {
        lookout.run();
        return standing;
    }

    /** Has {@code look}, which may make it stricter, run before anything is judged by it; on the threads of requests. */
    void beforeEach(Runnable look) {
        lookout = look;
    }

    /** A newer image; {@code current} as for {@link MirrorFence}. */
    public synchronized void onImage(LinkImage image, boolean current) {
        MirrorFence fence = new MirrorFence(image, current);
        ofImage = fence;
        inDoubt = fence.inDoubt();
        stand();
        imageOffset = image.nextOffset();
    }

    /** End of the image that it was made of; -1 if there was none yet. From any thread. */
    public long imageOffset() {
        return imageOffset;
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
        standing = known == null ? ofImage : new DoubtfulFence(inDoubt, known);
    }
}
